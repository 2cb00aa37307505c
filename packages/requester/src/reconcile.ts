import { type Failure, isTerminal, type Task } from "@gadus/protocol";
import { agrees, type Evidence } from "@gadus/verifier";
import type { Effect } from "./effect.ts";
import { endsAtMs, expire, jobTimedOut, move } from "./expire.ts";
import { explainFailure } from "./explain-failure.ts";
import { isFinal, isOver, statusOf } from "./job-status.ts";
import type { NetworkView } from "./network-view.ts";
import { type Placement, placePartition } from "./place-partition.ts";
import type { ExecutionRecord, JobRecord, JobStatus, PartitionRecord } from "./records.ts";
import type { StoredJob } from "./store.ts";

/** How often it is looked at, and written anew, why a job waits. */
const RESTATE_AFTER_MS = 15_000;

/** What is to be done for a job now. */
export interface Plan {
  readonly effects: readonly Effect[];
  /** When something else may be to be done for want of nodes, though nothing happens. */
  readonly wakeMs?: number;
}

/**
 * Decides what the requester does next for a job: pure, and idempotent, so that a lost or repeated message needs no
 * code of its own. Once everything planned has been done it is asked again, until nothing is left to do.
 */
export function planJob(view: StoredJob, network: NetworkView, nowMs: number): Plan {
  const { job, executions } = view;
  if (job.closed) return { effects: [] };
  const status = statusOf(view);
  if (isOver(view)) return { effects: [{ kind: "close" }] };
  if (status === "Failed" || status === "Stopped") return { effects: cancelAll(executions, job) };
  if (status !== "Completed" && nowMs >= job.deadlineMs)
    return { effects: [failJob(jobTimedOut(view, network))] };
  const { task } = job;
  if (task === undefined) return { effects: [{ kind: "resolve" }] };
  const overdue = executions.flatMap((each) => expire(each, job, network, nowMs));
  if (overdue.length > 0) return { effects: overdue };
  const decisions = decidePartitions({ ...view, job: { ...job, task }, status }, network, nowMs);
  const isWaiting = decisions.some(({ waiting }) => waiting !== undefined);
  const wakesMs = decisions.map(({ wakeMs }) => wakeMs ?? Number.POSITIVE_INFINITY);
  return {
    effects: [...decisions.flatMap(({ effects }) => effects), ...restateWait(job, decisions, nowMs)],
    wakeMs: Math.min(...wakesMs, isWaiting ? nowMs + RESTATE_AFTER_MS : Number.POSITIVE_INFINITY),
  };
}

/** The effects of {@link planJob}. */
export function reconcile(view: StoredJob, network: NetworkView, nowMs: number): readonly Effect[] {
  return planJob(view, network, nowMs).effects;
}

/**
 * When a job must be looked at again though nothing happens, where all of `plan` was done that was decided at
 * `decidedAtMs`; undefined where only events can change it.
 *
 * A time at or before `decidedAtMs` is none: it would ring for ever.
 */
export function nextWakeMs(
  view: StoredJob,
  network: NetworkView,
  decidedAtMs: number,
  { wakeMs: plannedMs = Number.POSITIVE_INFINITY }: Plan = planJob(view, network, decidedAtMs),
): number | undefined {
  const { job, executions } = view;
  if (job.closed) return undefined;
  let wakeMs = Number.POSITIVE_INFINITY;
  const consider = (atMs: number): void => {
    if (atMs > decidedAtMs && atMs < wakeMs) wakeMs = atMs;
  };
  consider(job.deadlineMs);
  consider(plannedMs);
  for (const execution of executions) for (const atMs of endsAtMs(execution, network)) consider(atMs);
  return Number.isFinite(wakeMs) ? wakeMs : undefined;
}

/** What is to be done for one partition, and when to look again. */
interface Decision {
  readonly effects: readonly Effect[];
  /** Whether nodes are still looked for, and in words what isn't there. */
  readonly isPlacing?: boolean;
  readonly waiting?: string;
  readonly wakeMs?: number;
}

interface PartitionView {
  readonly job: JobRecord & { readonly task: Task };
  readonly partition: PartitionRecord;
  readonly executions: readonly ExecutionRecord[];
  readonly blamed: ReadonlySet<string>;
}

function decidePartitions(
  {
    job,
    partitions,
    executions,
    status,
  }: StoredJob & { readonly job: PartitionView["job"]; readonly status: JobStatus },
  network: NetworkView,
  nowMs: number,
): readonly Decision[] {
  const isJobFinal = isFinal(status);
  const byPartition = Map.groupBy(executions, (execution) => execution.partition);
  const failed = executions.filter((execution) => execution.failure?.blame === "node");
  const blamed = new Set(failed.map((execution) => execution.nodeId));
  return partitions.map((partition) => {
    const view = { job, partition, executions: byPartition.get(partition.index) ?? [], blamed };
    return partition.verdict === undefined
      ? beforeVerdict(view, network, nowMs)
      : afterVerdict(view, network, nowMs, isJobFinal);
  });
}

/** Notes why a job waits, anew only now and then: the counts change with every node that comes or goes. */
function restateWait(
  { waiting, modifiedAtMs }: JobRecord,
  decisions: readonly Decision[],
  nowMs: number,
): readonly Effect[] {
  const reason = decisions.find((decision) => decision.waiting !== undefined)?.waiting;
  if (reason === undefined) {
    const isPlaced = waiting !== undefined && !decisions.some(({ isPlacing }) => isPlacing);
    return isPlaced ? [{ kind: "wait", reason: undefined }] : [];
  }
  const isNews = waiting === undefined || (waiting !== reason && nowMs >= modifiedAtMs + RESTATE_AFTER_MS);
  return isNews ? [{ kind: "wait", reason }] : [];
}

function beforeVerdict(view: PartitionView, network: NetworkView, nowMs: number): Decision {
  const { job, partition, executions } = view;
  const blamed = executions.filter((execution) => execution.engaged && execution.failure?.blame === "job");
  const believed = job.spec.deal.confidence ?? Math.floor(job.spec.deal.concurrency / 2) + 1;
  const running = executions.filter(isRunning).length;
  const proposed = executions.filter((execution) => execution.state === "proposed").length;
  // A few liars must not end a job that the many can still do.
  const outweighs = blamed.length >= believed && blamed.length > running + proposed;
  if (blamed[0]?.failure !== undefined && outweighs) return { effects: [failJob(blamed[0].failure)] };

  const wanted = partition.target - running - proposed;
  if (wanted <= 0) return { effects: judge(view, running) };
  const placement = placePartition({ ...view, task: job.task, wanted }, network, nowMs);
  if (placement.kind === "exhausted") return { effects: exhaustedBeforeVerdict(view, running, placement) };
  return placing(placement, judge(view, running + wanted));
}

function placing(
  { effects, waiting, wakeMs }: Extract<Placement, { kind: "effects" }>,
  before: readonly Effect[],
): Decision {
  return {
    effects: [...before, ...effects],
    isPlacing: true,
    ...(waiting !== undefined && { waiting }),
    ...(wakeMs !== undefined && { wakeMs }),
  };
}

function exhaustedBeforeVerdict(
  view: PartitionView,
  running: number,
  { code, state }: Extract<Placement, { kind: "exhausted" }>,
): readonly Effect[] {
  const { executions, partition } = view;
  const offered = executions.filter((execution) => execution.state === "offered");
  if (offered.length > 0) return offered.map((execution) => move(execution, "reject"));
  if (running > 0) return judge(view, running);
  const failure = explainFailure({ code, message: `Cannot place the job: ${state}` }, executions);
  const evidence = evidenceOf(view, 0);
  if (evidence.proposals.length === 0) return [failJob(failure)];
  return [{ kind: "judge", partition: partition.index, evidence, last: failure }];
}

function judge(view: PartitionView, pending: number): readonly Effect[] {
  const evidence = evidenceOf(view, pending);
  if (evidence.proposals.length === 0) return [];
  return [{ kind: "judge", partition: view.partition.index, evidence }];
}

function evidenceOf({ job, executions }: PartitionView, pending: number): Evidence {
  const proposals = executions.flatMap(({ id, state, proposal }) =>
    state === "proposed" && proposal !== undefined
      ? [{ executionId: id, digest: proposal.digest, cid: proposal.cid, sizeBytes: proposal.sizeBytes }]
      : [],
  );
  const { concurrency, confidence } = job.spec.deal;
  const engaged = executions.filter((execution) => execution.engaged).length;
  // Who asked for one execution gets the one that didn't fail: the failed ones before it confirm nothing.
  return { confidence, proposals, pending, ran: concurrency === 1 ? proposals.length : engaged };
}

function afterVerdict(
  view: PartitionView,
  network: NetworkView,
  nowMs: number,
  isJobFinal: boolean,
): Decision {
  const { job, partition, executions } = view;
  const settled = executions.flatMap((execution) => settle(execution, partition));
  if (settled.some(({ kind }) => kind === "move")) return { effects: settled };
  if (partition.completedBy !== undefined || isJobFinal)
    return { effects: [...settled, ...executions.flatMap(release)] };
  const good = executions.find((execution) => execution.retrievable === true);
  if (good !== undefined)
    return { effects: [...settled, { kind: "complete", partition: partition.index, executionId: good.id }] };
  const isProducing = executions.some((each) => isRunning(each) || each.state === "verified");
  // One check that takes long must not hold up what is good.
  if (isProducing || settled.length > 0) return { effects: [...settled, ...executions.flatMap(release)] };
  const placement = placePartition({ ...view, task: job.task, wanted: 1 }, network, nowMs);
  if (placement.kind === "effects") return placing(placement, []);
  const message = `Cannot retrieve the verified result: ${placement.state}`;
  const failure = explainFailure({ code: "requester/no-publication", message }, executions);
  return { effects: [failJob({ ...failure, code: "requester/no-publication" })] };
}

function settle(execution: ExecutionRecord, partition: PartitionRecord): readonly Effect[] {
  const { verdict } = partition;
  if (execution.state === "proposed" && execution.proposal !== undefined && verdict !== undefined) {
    if (agrees(verdict, execution.proposal)) return [move(execution, "verify")];
    const message = `${verdict.reason}; this result, ${execution.proposal.digest}, is another`;
    return [move(execution, "refute", { code: "requester/refuted", message, blame: "node" })];
  }
  return isUnchecked(execution) ? [{ kind: "check", executionId: execution.id }] : [];
}

function release(execution: ExecutionRecord): readonly Effect[] {
  if (execution.state === "offered") return [move(execution, "reject")];
  if (execution.state !== "asked") return [];
  return [
    move(execution, "cancel", { code: "requester/not-needed", message: "No longer needed", blame: "nobody" }),
  ];
}

function cancelAll(executions: readonly ExecutionRecord[], job: JobRecord): readonly Effect[] {
  const failure: Failure =
    job.failure === undefined
      ? { code: "requester/stopped-by-owner", message: job.stopReason ?? "Stopped", blame: "nobody" }
      : { code: "requester/not-needed", message: `The job failed: ${job.failure.message}`, blame: "nobody" };
  return executions.flatMap((execution): Effect[] => {
    if (isUnchecked(execution)) return [{ kind: "check", executionId: execution.id }];
    return isTerminal(execution.state) ? [] : [move(execution, "cancel", failure)];
  });
}

function isRunning({ state }: ExecutionRecord): boolean {
  return state === "accepted" || state === "running";
}

function isUnchecked({ state, retrievable }: ExecutionRecord): boolean {
  return state === "published" && retrievable === undefined;
}

function failJob(failure: Failure): Effect {
  return { kind: "fail-job", failure };
}
