import { CliError } from "../cli-error.ts";
import type { Context } from "../context.ts";
import { downloadJob } from "../download.ts";

/** `gadus job get JOB`: downloads and unpacks a job's results. */
export async function jobGet(
  context: Context,
  args: readonly string[],
  options: { readonly outputDir?: string },
): Promise<undefined> {
  const [idOrName = ""] = args;
  const { terminal, signal, output, quiet } = context;
  const api = await context.api();
  const view = await api.jobs.get(idOrName, { signal });
  const { ID, State } = view.Job;
  const dir = options.outputDir ?? ID;
  const results = await downloadJob(api, view, dir, signal);
  if (results.length === 0) {
    const message = `Cannot get the results of job ${ID}: it has published none (its state is ${State?.StateType})`;
    throw new CliError("cli/not-found", message, { hint: `See gadus job describe ${ID}` });
  }
  if (output === "json") terminal.out(JSON.stringify({ JobID: ID, Dir: dir, Results: results }));
  else terminal.out(quiet ? ID : `Results of job ${ID} are in ${dir}`);
  return undefined;
}
