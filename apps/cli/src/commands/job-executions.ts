import type { Context } from "../context.ts";
import { listExecutions } from "../list-executions.ts";
import { printList } from "../print-list.ts";

/** `gadus job executions JOB`: lists a job's executions. */
export async function jobExecutions(context: Context, args: readonly string[]): Promise<undefined> {
  const [id = ""] = args;
  const api = await context.api();
  const page = await api.jobs.executions(id, { signal: context.signal });
  printList(context, { ...listExecutions(page.Items, context.nowMs()), json: page });
  return undefined;
}
