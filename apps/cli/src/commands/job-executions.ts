import type { Context } from "../context.ts";
import { listExecutions } from "../list-executions.ts";
import { printList } from "../print-list.ts";

/** `gadus job executions JOB`: lists a job's executions. */
export async function jobExecutions(
  context: Context,
  args: readonly string[],
  { jobVersion }: { readonly jobVersion?: number },
): Promise<undefined> {
  const [id = ""] = args;
  const api = await context.api();
  const view = await api.jobs.get(id, { signal: context.signal, ...(jobVersion && { jobVersion }) });
  const { Items = [] } = view.Executions ?? {};
  printList(context, { ...listExecutions(Items, context.nowMs()), json: { Items } });
  return undefined;
}
