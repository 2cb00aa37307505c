import { failureOf } from "./effects.ts";
import type { JobDraft } from "./job-draft.ts";
import type { JobRecord } from "./records.ts";
import type { TaskResolver } from "./resolve-task.ts";

/** Fixes what a job's sources stand for; answers what to write down of it, be it that one can't be found. */
export async function resolveJob(
  { jobId, jobVersion, spec }: JobRecord,
  resolver: TaskResolver,
  signal: AbortSignal,
): Promise<(draft: JobDraft) => void> {
  const isOver = ({ job }: JobDraft): boolean =>
    job.jobVersion !== jobVersion || job.desired === "stop" || job.failure !== undefined;
  try {
    const task = await resolver.resolve(jobId, spec, signal);
    return (draft) => {
      if (draft.job.task === undefined && !isOver(draft)) draft.changeJob({ task });
    };
  } catch (error) {
    const { message, ...failure } = failureOf(error, "requester/not-runnable");
    return (draft) => {
      if (isOver(draft)) return;
      draft.changeJob({ failure: { ...failure, message: `Cannot start the job: ${message}` } });
    };
  }
}
