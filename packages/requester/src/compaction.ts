import type { JobEventRecord, JobRecord } from "./records.ts";

/** The topic of {@link compactionOf}. */
export const COMPACTED = "job/compacted";

/** The one event that stands for the history of a job that was compacted. */
export function compactionOf(
  { jobId, namespace, owner, jobVersion }: Pick<JobRecord, "jobId" | "namespace" | "owner" | "jobVersion">,
  atMs: number,
): Omit<JobEventRecord, "seq"> {
  return {
    jobId,
    namespace,
    owner,
    jobVersion,
    executionId: undefined,
    topic: COMPACTED,
    message: "The history before this was compacted: what is left is the job, its results and how it ended",
    details: {},
    atMs,
  };
}
