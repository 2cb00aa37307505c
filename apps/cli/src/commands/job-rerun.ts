import type { Context } from "../context.ts";
import { followSubmission, type WaitOptions } from "../submit-job.ts";

interface RerunOptions extends WaitOptions {
  readonly jobVersion?: number;
  readonly reason?: string;
}

/** `gadus job rerun JOB`: runs a job once more, as its next version, and waits for it. */
export async function jobRerun(
  context: Context,
  args: readonly string[],
  { jobVersion, reason, ...waiting }: RerunOptions,
): Promise<number> {
  const [idOrName = ""] = args;
  const { signal } = context;
  const api = await context.api();
  const request = { signal, ...(jobVersion && { jobVersion }), ...(reason && { reason }) };
  return await followSubmission(context, await api.jobs.rerun(idOrName, request), waiting);
}
