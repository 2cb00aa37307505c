import type { MountedInput, ResourceUsage } from "@gadus/executor";
import { wasmExecutor } from "@gadus/executor/wasm";
import {
  type CallOptions,
  describeResults,
  parseJobDocument,
  type ReadableVolume,
  type Spec,
  type Task,
} from "@gadus/protocol";
import { buildTask, taskOf } from "@gadus/requester/build-task";
import { createInlineSource } from "@gadus/storage/inline";
import { createLocalSource } from "@gadus/storage/local";
import { createMemoryScratch } from "@gadus/storage/memory";
import { NodeError } from "./node-error.ts";

/** A WebAssembly job to run here, and what it has that no job on the network could. */
export interface LocalRun {
  /** A job document; its inputs are of the types `inline` and `localDirectory`, with absolute paths. */
  readonly document: unknown;
  /**
   * The job's id, from which the variables follow that a node sets.
   *
   * @default none, and the task has no variables but its own
   */
  readonly jobId?: string;
  /** Read when the task reads its standard input. */
  readonly stdin?: ReadableVolume;
  /** Folders of this machine that the task has writable copies of, instead of `/`. */
  readonly folders: readonly { readonly path: string; readonly name: string }[];
  /**
   * Whether the module runs as it is, which no node does: for comparing.
   *
   * @default false
   */
  readonly unchanged?: boolean;
}

/** How it ended. */
export interface LocalEnding {
  readonly exitCode: number;
  readonly stdoutTruncated: boolean;
  readonly stderrTruncated: boolean;
  readonly usage: ResourceUsage | undefined;
  /** The results folder: `stdout`, `stderr`, `exitCode`, and a folder for each result path. */
  readonly results: ReadableVolume;
}

const EXECUTION_ID = "e-local";
const LOCAL_JOB_ID = "j-local";

/**
 * Runs a WebAssembly job in this process, without any network, as a node would.
 *
 * Nothing is written anywhere: results and copies are held in memory.
 *
 * @throws {ProtocolError} `protocol/invalid-document`
 * @throws {NodeError} `node/not-local` for an input that is not on this machine
 * @throws {ExecutorError} where the module can't be run, or went over a limit that leaves no result
 * @throws {NodeError} `node/timed-out` once the task's own time is over
 * @throws the signal's reason
 */
export async function runLocal(run: LocalRun, options: CallOptions = {}): Promise<LocalEnding> {
  const executor = wasmExecutor({ limits: { workers: 1 } });
  const opened: ReadableVolume[] = [];
  const open = async (source: Spec): Promise<ReadableVolume> => {
    const volume = await openSource(source, options);
    opened.push(volume);
    return volume;
  };
  try {
    const started = executor.start();
    // Whatever fails below is told first; a worker that doesn't start is told of when it is awaited.
    started.catch(() => {});
    const task = taskFrom(run);
    const inputs: MountedInput[] = [];
    for (const [index, { source }] of task.terms.inputs.entries()) {
      const target = task.details.mounts[index]?.target ?? "";
      inputs.push({ target, volume: await open(source), cid: undefined });
    }
    const preopens = await preopensOf(run, task, open);
    const results = await createMemoryScratch().create(EXECUTION_ID);
    await started;
    const local = { ...(run.stdin && { stdin: run.stdin }), preopens, unchanged: run.unchanged ?? false };
    const request = { executionId: EXECUTION_ID, task, inputs, results, local };
    const { usage, ...ending } = await withinTime(task.terms.executionTimeoutMs, options, (signal) => {
      return executor.run(request, { signal });
    });
    return { ...ending, usage, results };
  } finally {
    await Promise.allSettled([executor.stop(), ...opened.map((volume) => volume.close())]);
  }
}

/** Both names of `results`, as a proposal of a node would have them. */
export async function nameResults(
  results: ReadableVolume,
): Promise<{ readonly digest: string; readonly cid: string }> {
  const { digest, cid } = await describeResults(results);
  return { digest, cid };
}

async function withinTime<T>(
  timeoutMs: number,
  { signal }: CallOptions,
  act: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const overtime = new AbortController();
  const timer = setTimeout(() => {
    const message = `Cannot finish the run: it did not end within ${timeoutMs / 1000} s`;
    overtime.abort(
      new NodeError("node/timed-out", message, { blame: "job", hint: "Give it a longer timeout." }),
    );
  }, timeoutMs);
  try {
    return await act(AbortSignal.any([overtime.signal, ...(signal ? [signal] : [])]));
  } finally {
    clearTimeout(timer);
  }
}

function taskFrom({ document, jobId }: LocalRun): Task {
  const { spec } = parseJobDocument(document);
  const inputs = spec.task.inputs.map(({ source }) => ({ source }));
  const base = buildTask(jobId ?? LOCAL_JOB_ID, spec, { inputs });
  const task = taskOf(base, 0);
  if (jobId !== undefined) return task;
  return { ...task, details: { ...task.details, environment: base.details.environment } };
}

function openSource(source: Spec, options: CallOptions): Promise<ReadableVolume> {
  switch (source.type) {
    case "local":
      return createLocalSource({ allowedFolders: ["/"] }).open(source, options);
    case "inline":
      return createInlineSource().open(source, options);
    default:
      throw new NodeError(
        "node/not-local",
        `Cannot run here: an input is of type "${source.type}", and there is no network`,
        { hint: "Give files and folders of this machine." },
      );
  }
}

/** The task's own `/` too, where something is mounted in it beside the module. */
async function preopensOf(
  { folders }: LocalRun,
  { terms, details }: Task,
  open: (source: Spec) => Promise<ReadableVolume>,
): Promise<readonly { readonly name: string; readonly volume?: ReadableVolume }[]> {
  const preopens: { readonly name: string; readonly volume?: ReadableVolume }[] = [];
  for (const { path, name } of folders) {
    preopens.push({ name, volume: await open({ type: "local", params: { path } }) });
  }
  const mounted = terms.inputs.length > 1 || details.resultPaths.length > 0;
  return folders.length === 0 || mounted ? [...preopens, { name: "/" }] : preopens;
}
