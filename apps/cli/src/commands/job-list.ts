import type { Context } from "../context.ts";
import { printList } from "../print-list.ts";
import { apiTimeMs, relativeTime } from "../relative-time.ts";

interface ListOptions {
  readonly limit: number;
  readonly nextToken?: string;
  readonly labels?: readonly string[];
  readonly namespace?: string;
  readonly orderBy?: "created" | "modified";
  readonly reverse?: boolean;
}

/** `gadus job list`: lists jobs, newest first. */
export async function jobList(
  context: Context,
  _args: readonly string[],
  { labels, orderBy, ...options }: ListOptions,
): Promise<undefined> {
  const api = await context.api();
  const page = await api.jobs.list({
    limit: options.limit,
    signal: context.signal,
    ...(labels !== undefined && { labels }),
    ...(orderBy !== undefined && { orderBy: `${orderBy}_at` as const }),
    ...(options.namespace !== undefined && { namespace: options.namespace }),
    ...(options.reverse === true && { reverse: true }),
    ...(options.nextToken !== undefined && { nextToken: options.nextToken }),
  });
  const nowMs = context.nowMs();
  printList(context, {
    columns: [
      { title: "ID", shrink: "last" },
      { title: "NAME", shrink: "late" },
      { title: "ENGINE", leaveOut: 1 },
      { title: "STATE" },
      { title: "CREATED", leaveOut: 2 },
      { title: "MESSAGE", shrink: "late", leaveOut: 3 },
    ],
    rows: page.Items.map((job) => [
      job.ID,
      job.Name === job.ID ? "" : job.Name,
      job.Tasks?.[0]?.Engine?.Type ?? "",
      job.State?.StateType ?? "",
      relativeTime(apiTimeMs(job.CreateTime), nowMs),
      job.State?.Message ?? "",
    ]),
    ids: page.Items.map((job) => job.ID),
    json: page,
    empty:
      labels === undefined && options.namespace === undefined && options.nextToken === undefined
        ? "No jobs yet; submit one with gadus wasm run or gadus job run."
        : "No such jobs.",
  });
  if (page.NextToken && context.output === "table" && !context.quiet) {
    context.terminal.err(`More: gadus job list --next-token ${page.NextToken}`);
  }
  return undefined;
}
