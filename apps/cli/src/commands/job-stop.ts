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
  const { ID } = (await api.job(idOrName, { signal })).Job;
  await api.stop(ID, options.reason, { signal });
  if (output === "json") terminal.out(JSON.stringify({ JobID: ID }));
  else terminal.out(quiet ? ID : `Job ${ID} is being stopped`);
  return undefined;
}
