import { type Failure, isTerminal } from "@gadus/protocol";
import { agrees, type Evidence } from "@gadus/verifier";
import type { Effect } from "./effect.ts";
import { isFinal, isOver, statusOf } from "./job-status.ts";
import { type NetworkView, type Placement, placePartition } from "./place-partition.ts";
import type { ExecutionRecord, JobRecord, PartitionRecord } from "./records.ts";
import type { StoredJob } from "./store.ts";

/**
 * Decides what the requester does next for a job: pure, and idempotent, so that a lost or repeated message needs no
 * code of its own. Once everything answered has been done it is asked again, until it answers nothing.
 */
export function reconcile(view: StoredJob, network: NetworkView, nowMs: number): readonly Effect[] {
  const { job, partitions, executions } = view;
  if (job.closed) return [];
  const status = statusOf(view);
  if (isOver(view)) return [{ kind: "close" }];
  if (status === "Failed" || status === "Stopped") return cancelAll(executions, job);
  if (status !== "Completed" && nowMs >= job.deadlineMs)
    return [failJob(timedOut("the job", "its total time-out"))];
  if (job.task === undefined) return [{ kind: "resolve" }];
  // After a start nodes still have to say what they did meanwhile.
  const overdue =
    nowMs < network.settledAtMs ? [] : executions.flatMap((execution) => expire(execution, nowMs));
  if (overdue.length > 0) return overdue;
  const byPartition = Map.groupBy(executions, (execution) => execution.partition);
  return partitions.flatMap((partition) => {
    const request = { job, partition, executions: byPartition.get(partition.index) ?? [] };
    return partition.verdict === undefined
      ? beforeVerdict(request, network, nowMs)
      : afterVerdict(request, network, nowMs, isFinal(status));
  });
}

/**
 * When a job must be looked at again though nothing happens; undefined where only events can change it.
 *
 * A time at or before `decidedAtMs`, for which {@link reconcile} has decided already, is none: it would ring for ever.
 */
export function nextWakeMs(
  { job, executions }: StoredJob,
  network: NetworkView,
  decidedAtMs: number,
): number | undefined {
  if (job.closed) return undefined;
  let wakeMs = Number.POSITIVE_INFINITY;
  const consider = (atMs: number): void => {
    if (atMs > decidedAtMs) wakeMs = Math.min(wakeMs, atMs);
  };
  consider(job.deadlineMs);
  for (const each of executions) {
    if (hasDeadline(each)) consider(Math.max(each.deadlineMs, network.settledAtMs));
  }
  if (job.waiting !== undefined) {
    const queueMs = job.spec.task.timeouts.queueMs ?? network.options.queueTimeoutMs;
    consider(Math.max(job.createdAtMs + queueMs, network.settledAtMs));
  }
  return Number.isFinite(wakeMs) ? wakeMs : undefined;
}

interface PartitionView {
  readonly job: JobRecord;
  readonly partition: PartitionRecord;
  readonly executions: readonly ExecutionRecord[];
}

function beforeVerdict(view: PartitionView, network: NetworkView, nowMs: number): readonly Effect[] {
  const { job, partition, executions } = view;
  const blamed = executions.filter((execution) => execution.engaged && execution.failure?.blame === "job");
  const believed = job.spec.deal.confidence ?? Math.floor(job.spec.deal.concurrency / 2) + 1;
  const running = executions.filter(isRunning).length;
  const proposed = executions.filter((execution) => execution.state === "proposed").length;
  // A few liars must not end a job that the many can still do.
  const outweighs = blamed.length >= believed && blamed.length > running + proposed;
  if (blamed[0]?.failure !== undefined && outweighs) return [failJob(blamed[0].failure)];

  const wanted = partition.target - running - proposed;
  if (wanted <= 0) return judge(view, running);
  const placement = placePartition({ ...view, wanted }, network, nowMs);
  if (placement.kind === "effects") return [...judge(view, running + wanted), ...placement.effects];
  return exhaustedBeforeVerdict(view, running, placement);
}

function exhaustedBeforeVerdict(
  view: PartitionView,
  running: number,
  placement: Extract<Placement, { kind: "exhausted" }>,
): readonly Effect[] {
  const offered = view.executions.filter((execution) => execution.state === "offered");
  if (offered.length > 0) return offered.map((execution) => move(execution, "reject"));
  if (running > 0) return judge(view, running);
  const evidence = evidenceOf(view, 0);
  if (evidence.proposals.length > 0) {
    return [{ kind: "judge", partition: view.partition.index, evidence, last: placement.failure }];
  }
  const first = view.executions.find((execution) => execution.engaged && execution.failure !== undefined);
  return [failJob(first?.failure ?? placement.failure)];
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
): readonly Effect[] {
  const { partition, executions } = view;
  const settled = executions.flatMap((execution) => settle(execution, partition));
  if (settled.length > 0) return settled;
  if (partition.completedBy !== undefined || isJobFinal) return executions.flatMap(release);
  const good = executions.find((execution) => execution.retrievable === true);
  if (good !== undefined) return [{ kind: "complete", partition: partition.index, executionId: good.id }];
  const producing = executions.some(
    (each) => isRunning(each) || each.state === "verified" || isUnchecked(each),
  );
  if (producing) return executions.flatMap(release);
  const placement = placePartition({ ...view, wanted: 1 }, network, nowMs);
  if (placement.kind === "effects") return placement.effects;
  const failed = executions.find(
    (each) => each.proposal !== undefined && each.failure !== undefined,
  )?.failure;
  const message = `Cannot retrieve the verified result: ${failed?.message ?? placement.failure.message}`;
  return [failJob({ code: "requester/no-publication", message, blame: "nobody" })];
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
  return executions.flatMap((execution) => {
    if (isUnchecked(execution)) return [{ kind: "check", executionId: execution.id }];
    return isTerminal(execution.state) ? [] : [move(execution, "cancel", failure)];
  });
}

function expire(execution: ExecutionRecord, nowMs: number): readonly Effect[] {
  if (!hasDeadline(execution) || nowMs < execution.deadlineMs) return [];
  const { state } = execution;
  if (state === "asked") {
    return [
      move(execution, "fail", { code: "requester/no-answer", message: "no answer in time", blame: "nobody" }),
    ];
  }
  if (state === "offered") return [move(execution, "reject")];
  const step = state === "accepted" ? "start" : state === "running" ? "propose" : "publish";
  return [move(execution, "fail", { ...timedOut("the execution", `its time to ${step}`), blame: "node" })];
}

function hasDeadline({ state }: ExecutionRecord): boolean {
  return state !== "proposed" && !isTerminal(state);
}

function isRunning({ state }: ExecutionRecord): boolean {
  return state === "accepted" || state === "running";
}

function isUnchecked({ state, retrievable }: ExecutionRecord): boolean {
  return state === "published" && retrievable === undefined;
}

function move(
  execution: ExecutionRecord,
  event: Extract<Effect, { kind: "move" }>["event"],
  failure?: Failure,
): Effect {
  return { kind: "move", executionId: execution.id, event, ...(failure !== undefined && { failure }) };
}

function failJob(failure: Failure): Effect {
  return { kind: "fail-job", failure };
}

function timedOut(what: string, limit: string): Failure {
  return { code: "requester/timed-out", message: `Cannot finish ${what}: ${limit} is over`, blame: "nobody" };
}
