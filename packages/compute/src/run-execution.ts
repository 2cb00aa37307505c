import {
  type CallOptions,
  describeResults,
  type Failure,
  MAX_NOTE_LENGTH,
  MAX_NOTES,
  type OutputName,
  plainText,
  type Spec,
  type Task,
} from "@gadus/protocol";
import type { Executor, MountedInput, RunResult } from "@gadus/executor";
import type { ScratchFolder } from "@gadus/storage";
import type { Proposal, Verifier } from "@gadus/verifier";
import { ComputeError } from "./compute-error.ts";
import { type Context, failureOf } from "./context.ts";
import { keyOf } from "./execution-table.ts";
import { type KeptOutput, keepOutput } from "./keep-output.ts";
import { progressSender } from "./progress-sender.ts";
import type { AcceptanceRecord, AskRecord, ExecutionOwnership, StoredExecution } from "./records.ts";

/** As long as a statement says an image's name. */
const MAX_IMAGE_LENGTH = 512;

/** An execution that was accepted. */
export interface AcceptedExecution extends StoredExecution {
  readonly acceptance: AcceptanceRecord;
}

/** What a run starts with. */
export interface Prepared {
  readonly inputs: readonly MountedInput[];
  readonly results: ScratchFolder;
}

/** How a run ended: `stopped` where its signal said so. */
export type RunOutcome =
  | { readonly kind: "proposed"; readonly proposal: Proposal; readonly sealed: Uint8Array }
  | { readonly kind: "failed"; readonly failure: Failure }
  | { readonly kind: "stopped" };

/** Presents the inputs and makes the results folder; where one of them can't be had, lets go of the others. */
export async function prepareRun(
  context: Context,
  { execution, ask, acceptance }: AcceptedExecution,
  options: CallOptions,
): Promise<Prepared> {
  const key = keyOf(execution.requester, execution.executionId);
  const [folder, ...opened] = await Promise.allSettled([
    context.scratch.create(key),
    ...ask.terms.inputs.map((_, index) => openInput(context, ask, acceptance, index, options)),
  ]);
  const inputs = opened.flatMap((input) => (input.status === "fulfilled" ? [input.value] : []));
  const broken = [folder, ...opened].find((part) => part.status === "rejected");
  if (broken === undefined && folder.status === "fulfilled") return { inputs, results: folder.value };
  await closeInputs(inputs);
  throw broken?.reason;
}

/**
 * Runs an execution to its sealed proposal, whose files are durable.
 *
 * `freed` is called once the engine holds nothing of it any more. Never rejects.
 */
export async function runExecution(
  context: Context,
  accepted: AcceptedExecution,
  prepared: Promise<Prepared>,
  freed: () => void,
  signal: AbortSignal,
): Promise<RunOutcome> {
  let kept: KeptOutput | undefined;
  try {
    const { inputs, results } = await prepared;
    const { executor, verifier } = partsFor(context, accepted.ask);
    const sender = progressSender(context.clock, (message) => tellProgress(context, accepted, message));
    let told: Told;
    try {
      const executionId = keyOf(accepted.execution.requester, accepted.execution.executionId);
      signal.throwIfAborted();
      const task = taskOf(accepted, verifier);
      kept = keepOutput(context, executionId);
      const request = { executionId, task, inputs, results, output: kept.output, progress: sender.tell };
      told = toldOf(await executor.run(request, { signal }));
    } finally {
      sender.end();
      await closeInputs(inputs);
    }
    freed();
    const finished = { verifier, results, told };
    const [proposed] = await Promise.all([
      propose(context, accepted, finished, signal),
      kept.end(results, { signal }),
    ]);
    return proposed;
  } catch (error) {
    if (!signal.aborted) return { kind: "failed", failure: failureOf(error) };
    return isTimeout(signal.reason)
      ? { kind: "failed", failure: failureOf(signal.reason) }
      : { kind: "stopped" };
  } finally {
    await kept?.end();
  }
}

/** The error with which a run is aborted that took longer than its job allows: the job's own limit, the job's fault. */
export function timedOut(timeoutMs: number): ComputeError {
  return new ComputeError(
    "compute/timed-out",
    `Cannot finish the execution: it did not end within ${timeoutMs / 1000} s (ExecutionTimeout)`,
    {
      blame: "job",
      hint: "Raise Timeouts.ExecutionTimeout.",
    },
  );
}

function isTimeout(reason: unknown): boolean {
  return reason instanceof ComputeError && reason.code === "compute/timed-out";
}

/** What a proposal tells of a run beside its result. */
type Told = Pick<Proposal, "truncated" | "image" | "notes">;

function toldOf({ stdoutTruncated, stderrTruncated, image, notes = [] }: RunResult): Told {
  const truncated: OutputName[] = [];
  if (stdoutTruncated) truncated.push("stdout");
  if (stderrTruncated) truncated.push("stderr");
  const plain = notes
    .slice(0, MAX_NOTES)
    .map((note) => plainText(note, MAX_NOTE_LENGTH))
    .filter((note) => note !== "");
  return {
    ...(truncated.length > 0 && { truncated }),
    ...(image !== undefined && image !== "" && { image: plainText(image, MAX_IMAGE_LENGTH) }),
    ...(plain.length > 0 && { notes: plain }),
  };
}

/** Nothing depends on it: what is lost isn't told again. */
function tellProgress(context: Context, { execution }: AcceptedExecution, message: string): void {
  if (context.isStopping()) return;
  const { requester, executionId } = execution;
  const sent = context.step([], requester, [{ type: "progress", executionId, message }]);
  context.background("progress", sent);
}

interface Finished {
  readonly verifier: Verifier;
  readonly results: ScratchFolder;
  readonly told: Told;
}

async function propose(
  context: Context,
  { execution, ask, acceptance }: AcceptedExecution,
  { verifier, results, told }: Finished,
  signal: AbortSignal,
): Promise<RunOutcome> {
  const [tree] = await Promise.all([describeResults(results, { signal }), results.sync()]);
  const { maxResultBytes } = context.options;
  if (tree.sizeBytes > maxResultBytes) {
    const state = `${tree.sizeBytes} bytes are more than ${maxResultBytes}`;
    throw new ComputeError("compute/results-too-large", `Cannot propose the results: ${state}`, {
      blame: "job",
    });
  }
  const proposal: Proposal = {
    digest: tree.digest,
    cid: tree.cid,
    sizeBytes: tree.sizeBytes,
    ...told,
  };
  const binding = bindingOf(context, execution, acceptance.taskHash);
  const sealed = await verifier.propose(proposal, { binding, boxPublicKey: ask.boxPublicKey }, { signal });
  return { kind: "proposed", proposal, sealed };
}

/** What every signed statement about an execution names. */
export function bindingOf(
  context: Context,
  { executionId, requester }: ExecutionOwnership,
  taskHash: Uint8Array,
): { executionId: string; requester: string; compute: string; taskHash: Uint8Array } {
  return { executionId, requester, compute: context.identity.nodeId, taskHash };
}

async function openInput(
  context: Context,
  ask: AskRecord,
  { details }: AcceptanceRecord,
  index: number,
  options: CallOptions,
): Promise<MountedInput> {
  const source = ask.terms.inputs[index]?.source;
  const mount = details.mounts[index];
  const storage = source && context.sources.get(source.type);
  if (source === undefined || mount === undefined || storage === undefined) {
    throw new ComputeError(
      "compute/input-unavailable",
      `Cannot present input ${index}: nothing here presents it`,
    );
  }
  const volume = await storage.open(source, options);
  return { target: mount.target, volume, cid: nameOf(source) };
}

/** The CID under which a source's bytes were checked; what another source calls its `cid` says nothing of them. */
function nameOf({ type, params: { cid } }: Spec): string | undefined {
  return type === "ipfs" && typeof cid === "string" ? cid : undefined;
}

/** Lets go of inputs; one that can't be let go of keeps none of the others. */
export async function closeInputs(inputs: readonly MountedInput[]): Promise<void> {
  await Promise.allSettled(inputs.map((input) => input.volume.close()));
}

function partsFor(
  context: Context,
  { terms }: AskRecord,
): { readonly executor: Executor; readonly verifier: Verifier } {
  const executor = context.executors.get(terms.engine);
  const verifier = context.verifiers.get(terms.verifier);
  if (executor !== undefined && verifier !== undefined && executor.profiles.includes(terms.profile)) {
    return { executor, verifier };
  }
  const what =
    executor === undefined ? `engine "${terms.engine}"` : `${terms.profile} with ${terms.verifier}`;
  throw new ComputeError("compute/unsupported-engine", `Cannot run with ${what}: this node has it no longer`);
}

function taskOf({ execution, ask, acceptance }: AcceptedExecution, verifier: Verifier): Task {
  const { details } = acceptance;
  if (verifier.compares) return { terms: ask.terms, details };
  const { executionId } = execution;
  const own = { GADUS_EXECUTION_ID: executionId, BACALHAU_EXECUTION_ID: executionId };
  return { terms: ask.terms, details: { ...details, environment: { ...details.environment, ...own } } };
}
