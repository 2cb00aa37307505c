import { type Failure, isTerminal } from "@gadus/protocol";
import type { Effect } from "./effect.ts";
import { explainFailure } from "./explain-failure.ts";
import { nameTime, timesOf } from "./job-times.ts";
import { goneSinceMs, type NetworkView } from "./network-view.ts";
import type { ExecutionRecord, JobRecord } from "./records.ts";
import type { StoredJob } from "./store.ts";

type Move = Extract<Effect, { kind: "move" }>;

/** An effect that moves an execution on. */
export function move({ id }: ExecutionRecord, event: Move["event"], failure?: Failure): Move {
  return { kind: "move", executionId: id, event, ...(failure !== undefined && { failure }) };
}

/** Ends an execution whose time is over, or whose node has been gone for too long. */
export function expire(
  execution: ExecutionRecord,
  job: JobRecord,
  network: NetworkView,
  nowMs: number,
): readonly Effect[] {
  // After a start nodes still have to say what they did meanwhile.
  if (!owes(execution) || nowMs < network.settledAtMs) return [];
  if (nowMs >= execution.deadlineMs) return [endLate(execution, job, network)];
  const lostMs = lostAtMs(execution, network);
  if (lostMs === undefined || nowMs < lostMs) return [];
  const { suspectAfterMs } = network.options;
  const goneMs = nowMs - (goneSinceMs(network, execution.nodeId) ?? nowMs);
  const state = `node ${execution.nodeId} has been gone for ${goneMs / 1000} s`;
  const limit = `it may be for ${suspectAfterMs / 1000} s (suspectAfterMs)`;
  const message = `Cannot finish execution ${execution.id}: ${state}, and ${limit}`;
  return [move(execution, "fail", { code: "requester/node-lost", message, blame: "nobody" })];
}

/** When an execution is ended unless its node is heard of: at its deadline, or once the node is given up. */
export function endsAtMs(execution: ExecutionRecord, network: NetworkView): readonly number[] {
  if (!owes(execution)) return [];
  const lostMs = lostAtMs(execution, network) ?? Number.POSITIVE_INFINITY;
  return [execution.deadlineMs, lostMs].map((atMs) => Math.max(atMs, network.settledAtMs));
}

/** When a node that is gone is given up: one that was gone before it owed anything has as long from then on. */
function lostAtMs({ nodeId, modifiedAtMs }: ExecutionRecord, network: NetworkView): number | undefined {
  const sinceMs = goneSinceMs(network, nodeId);
  return sinceMs === undefined ? undefined : Math.max(sinceMs, modifiedAtMs) + network.options.suspectAfterMs;
}

/** Why a job fails whose whole time is over: what it waited for, and the errors of its executions, are told too. */
export function jobTimedOut(
  { job, executions }: Pick<StoredJob, "job" | "executions">,
  { options }: NetworkView,
): Failure {
  const code = "requester/timed-out";
  const limit = nameTime(timesOf(job.spec, options), "totalMs");
  const waited = job.waiting === undefined ? "" : `, and waited: ${job.waiting}`;
  const state = `Cannot finish job ${job.jobId}: it did not end within ${limit}${waited}`;
  const { message } = explainFailure({ code, message: state }, executions);
  return { code, message, blame: "nobody" };
}

function endLate(execution: ExecutionRecord, { spec }: JobRecord, { options }: NetworkView): Effect {
  const { id, state } = execution;
  if (state === "offered") return move(execution, "reject");
  const times = timesOf(spec, options);
  if (state === "asked") {
    const message = `no answer within ${nameTime(times, "bidMs")}`;
    return move(execution, "fail", { code: "requester/no-answer", message, blame: "nobody" });
  }
  const run = `${nameTime(times, "executionMs")} and ${nameTime(times, "proposeMs")}`;
  const missed =
    state === "accepted"
      ? `start within ${nameTime(times, "startMs")}`
      : state === "running"
        ? `propose a result within ${run}`
        : `publish its result within ${nameTime(times, "publishMs")}`;
  const message = `Cannot finish execution ${id}: it did not ${missed}`;
  // Until it starts it waits for others in the node's queue, where this requester put it.
  const blame = state === "accepted" ? "nobody" : "node";
  return move(execution, "fail", { code: "requester/timed-out", message, blame });
}

/** Whether the node of an execution has yet to say something of it. */
function owes({ state }: ExecutionRecord): boolean {
  return state !== "proposed" && !isTerminal(state);
}
