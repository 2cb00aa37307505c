import { type ApiExecution, type ApiJobView, type ExecutionState, jobHasEnded, stateOf } from "@gadus/client";

/** Reasons that are named. */
const MAX_REASONS = 3;

const CHOSEN: ReadonlySet<ExecutionState> = new Set([
  "accepted",
  "running",
  "proposed",
  "verified",
  "published",
]);
const BID: ReadonlySet<ExecutionState> = new Set(["offered", ...CHOSEN]);
const RUNS: ReadonlySet<ExecutionState> = new Set(["accepted", "running"]);

/**
 * What a job waits for, in words, such as `waiting: 1 of 3 bids; 4 nodes asked, 2 declined: too little memory`; empty
 * where it has ended.
 */
export function describeWait({ Job: job, Executions }: ApiJobView): string {
  if (jobHasEnded(job)) return "";
  const executions = Executions?.Items ?? [];
  const count = (states: ReadonlySet<ExecutionState>): number =>
    executions.filter((execution) => states.has(stateOf(execution))).length;
  const partitions = job.Count ?? 1;
  const bids = count(BID);
  const wanted = partitions * Math.max(job.Deal?.Concurrency ?? 1, job.Deal?.MinBids ?? 1);
  const proposed = count(new Set(["proposed"]));
  const chosen = count(CHOSEN);
  if (chosen === 0) {
    const had =
      bids < wanted ? `${bids} of ${plural(wanted, "bid")}` : `a choice among ${plural(bids, "bid")}`;
    return `waiting: ${had}${askedText(executions, job.State?.Message)}`;
  }
  const running = count(RUNS);
  if (running > 0) return `waiting: ${running} of ${plural(chosen, "execution")} to end`;
  if (proposed > 0)
    return `waiting: ${proposed} of ${plural(partitions * (job.Deal?.Confidence ?? 1), "equal result")}`;
  if (count(new Set(["verified"])) > 0) return "waiting: the result to be published";
  return job.State?.Message ? `waiting: ${job.State.Message}` : "";
}

function askedText(executions: readonly ApiExecution[], message: string | undefined): string {
  const nodes = new Map(executions.map((execution) => [execution.NodeID, execution]));
  const declined = [...nodes.values()].filter((execution) => stateOf(execution) === "declined");
  if (nodes.size === 0) return `; ${message || "no node asked yet"}`;
  const asked = `; ${plural(nodes.size, "node")} asked`;
  const reasons = new Set(declined.map(({ ComputeState }) => ComputeState.Message ?? "").filter(Boolean));
  const named = [...reasons].slice(0, MAX_REASONS).join(", ");
  const refused =
    declined.length === 0 ? "" : `, ${declined.length} declined${named === "" ? "" : `: ${named}`}`;
  return `${asked}${refused}${message ? `; ${message}` : ""}`;
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
