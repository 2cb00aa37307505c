import type { JobEventRecord, JobRecord } from "./records.ts";

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
    topic: "job/compacted",
    message: "The history before this was compacted: what is left is the job, its results and how it ended",
    details: {},
    atMs,
  };
}
