import { jobHasEnded } from "@gadus/client";
import type { Context } from "../context.ts";

/** `gadus job stop JOB`: ends a job. */
export async function jobStop(
  context: Context,
  args: readonly string[],
  options: { readonly reason: string },
): Promise<undefined> {
  const [idOrName = ""] = args;
  const { terminal, signal, output, quiet } = context;
  const api = await context.api();
  const { Job } = await api.jobs.get(idOrName, { signal });
  const { ID } = Job;
  await api.jobs.stop(ID, { reason: options.reason, signal });
  if (output === "json") terminal.out(JSON.stringify({ JobID: ID }));
  else if (quiet) terminal.out(ID);
  else
    terminal.out(
      jobHasEnded(Job) ? `Job ${ID} is over already: ${Job.State?.StateType}` : `Job ${ID} is being stopped`,
    );
  return undefined;
}
