import type { ApiJobView } from "@gadus/client";
import { CliError, EXIT, type ExitCode } from "../cli-error.ts";
import type { Context } from "../context.ts";
import { isPlural, logPrinter } from "../print-logs.ts";

interface LogOptions {
  readonly follow?: boolean;
  readonly execution?: string;
  readonly tail?: number;
}

/** `gadus job logs JOB`: prints what a job's executions printed, each stream to its own. */
export async function jobLogs(
  context: Context,
  args: readonly string[],
  { follow = false, execution, tail }: LogOptions,
): Promise<ExitCode> {
  const [id = ""] = args;
  const { signal } = context;
  const api = await context.api();
  const view = await api.jobs.get(id, { signal });
  if (execution !== undefined) checkExecution(view, execution);
  const query = {
    follow,
    signal,
    ...(execution !== undefined && { executionId: execution }),
    ...(tail !== undefined && { tail }),
  };
  const print = logPrinter(context, execution === undefined && isPlural(view));
  let failed = false;
  for await (const frame of api.logs(view.Job.ID, query)) {
    failed ||= frame.error !== undefined;
    print(frame);
  }
  return failed ? EXIT.failed : EXIT.right;
}

function checkExecution(view: ApiJobView, execution: string): void {
  if (view.Executions?.Items.some(({ ID }) => ID.startsWith(execution)) === true) return;
  throw new CliError(
    "cli/not-found",
    `Cannot read logs of execution "${execution}": job ${view.Job.ID} has none of this id`,
    { hint: `List them with: gadus job executions ${view.Job.ID}` },
  );
}
