import { describeResult, jobHasEnded, publishedResults } from "@gadus/client";
import type { Context } from "../context.ts";
import { describeFailure } from "../describe-failure.ts";
import { describeWait } from "../describe-wait.ts";
import { listExecutions } from "../list-executions.ts";
import { printFields, printList } from "../print-list.ts";
import { apiTimeMs, relativeTime } from "../relative-time.ts";
import { printable } from "../terminal.ts";

/** `gadus job describe JOB`: shows a job and its executions. */
export async function jobDescribe(
  context: Context,
  args: readonly string[],
  { jobVersion }: { readonly jobVersion?: number },
): Promise<undefined> {
  const [id = ""] = args;
  const api = await context.api();
  const view = await api.jobs.get(id, { signal: context.signal, ...(jobVersion && { jobVersion }) });
  const { terminal, output, quiet } = context;
  if (output === "json") {
    terminal.out(JSON.stringify(view));
    return undefined;
  }
  if (quiet) {
    terminal.out(view.Job.ID);
    return undefined;
  }
  const { Job: job } = view;
  const executions = view.Executions?.Items ?? [];
  const nowMs = context.nowMs();
  const text = (value: string | number | null | undefined): string | undefined =>
    value === undefined || value === null ? undefined : printable(String(value));
  printFields(context, [
    ["Job", job.ID],
    ["Name", job.Name === job.ID ? undefined : text(job.Name)],
    ["Version", text(job.Version)],
    ["State", text(job.State?.StateType)],
    jobHasEnded(job)
      ? ["Message", text(job.State?.Message)]
      : ["Waiting for", text(describeWait(view).replace(/^waiting: /, ""))],
    ["Engine", text(job.Tasks?.[0]?.Engine?.Type)],
    ["Partitions", text(job.Count)],
    ["Concurrency", text(job.Deal?.Concurrency)],
    ["Confidence", text(job.Deal?.Confidence)],
    ["Selection", text(job.Deal?.Selection)],
    ["Created", relativeTime(apiTimeMs(job.CreateTime), nowMs)],
    ["Changed", relativeTime(apiTimeMs(job.ModifyTime), nowMs)],
    ...publishedResults(executions).map(
      ({ partition, result }) =>
        [(job.Count ?? 1) > 1 ? `Result ${partition}` : "Result", text(describeResult(result))] as const,
    ),
  ]);
  if (job.State?.StateType === "Failed")
    for (const line of describeFailure(view).filter((each) => each.startsWith("Try: ")))
      terminal.out(printable(line));
  if (executions.length === 0) return undefined;
  terminal.out("");
  printList(context, listExecutions(executions, nowMs));
  return undefined;
}
