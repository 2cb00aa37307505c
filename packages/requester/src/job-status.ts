import { isTerminal } from "@gadus/protocol";
import type { JobStatus } from "./records.ts";
import type { StoredJob } from "./store.ts";

/** A job's status, derived from its intents and its executions. */
export function statusOf({ job, partitions, executions }: StoredJob): JobStatus {
  if (partitions.length > 0 && partitions.every((partition) => partition.completedBy !== undefined))
    return "Completed";
  if (job.failure !== undefined) return "Failed";
  if (job.desired === "stop") return "Stopped";
  if (executions.some((execution) => execution.engaged)) return "Running";
  return job.waiting === undefined ? "Pending" : "Queued";
}

/** Whether a job of this status never changes it again. */
export function isFinal(status: JobStatus): boolean {
  return status === "Completed" || status === "Failed" || status === "Stopped";
}

/** Whether nothing more will happen to a job: its status is final and all that it started has ended. */
export function isOver(view: StoredJob): boolean {
  const settled = view.executions.every(
    (execution) =>
      isTerminal(execution.state) && (execution.state !== "published" || execution.retrievable !== undefined),
  );
  return isFinal(statusOf(view)) && settled;
}
