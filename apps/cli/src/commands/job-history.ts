import type { ApiHistoryItem, Client, HistoryQuery } from "@gadus/client";
import type { Context } from "../context.ts";
import { printList } from "../print-list.ts";
import { apiTimeMs, relativeTime } from "../relative-time.ts";

const PAGE_ITEMS = 1000;
/** A history this long is cut: what is shown is its beginning. */
export const MAX_HISTORY_ITEMS = 100_000;

interface HistoryOptions {
  readonly eventType?: "all" | "job" | "execution";
  readonly execution?: string;
  readonly jobVersion?: number;
  readonly allVersions?: boolean;
  /** The time that is meant, in milliseconds since 1970, where it is `nowMs` now. */
  readonly since?: (nowMs: number) => number;
}

/** `gadus job history JOB`: lists what happened to a job so far. */
export async function jobHistory(
  context: Context,
  args: readonly string[],
  { eventType, execution, jobVersion, allVersions, since }: HistoryOptions,
): Promise<undefined> {
  const [id = ""] = args;
  const items = await readHistory(await context.api(), id, {
    signal: context.signal,
    ...(eventType !== undefined && { eventType }),
    ...(execution !== undefined && { executionId: execution }),
    ...(jobVersion !== undefined && { jobVersion }),
    ...(allVersions === true && { allVersions }),
    ...(since !== undefined && { sinceMs: since(context.nowMs()) }),
  });
  const nowMs = context.nowMs();
  printList(context, {
    columns: [
      { title: "TIME", leaveOut: 1 },
      { title: "AFTER" },
      { title: "EXECUTION", shrink: "early" },
      { title: "TOPIC", leaveOut: 2 },
      { title: "EVENT", shrink: "late", least: 24 },
    ],
    rows: items.map((item) => [
      relativeTime(apiTimeMs(item.Time), nowMs),
      secondsAfter(apiTimeMs(items[0]?.Time), apiTimeMs(item.Time)),
      item.ExecutionID ?? "",
      item.Event.Topic,
      item.Event.Message,
    ]),
    ids: items.map((item) => String(item.SeqNum)),
    json: { Items: items },
    empty: "Nothing of that kind happened yet.",
  });
  return undefined;
}

/** How long after the job's beginning: what happened within a second is a story too. */
function secondsAfter(beginMs: number | undefined, atMs: number | undefined): string {
  return beginMs === undefined || atMs === undefined ? "-" : `${((atMs - beginMs) / 1000).toFixed(3)} s`;
}

/** While a job is live its history always names a next page: an empty one is the end of what is there. */
async function readHistory(api: Client, id: string, query: HistoryQuery): Promise<readonly ApiHistoryItem[]> {
  const items: ApiHistoryItem[] = [];
  let nextToken: string | undefined;
  while (items.length < MAX_HISTORY_ITEMS) {
    const page = await api.jobs.history(id, {
      ...query,
      limit: PAGE_ITEMS,
      ...(nextToken !== undefined && { nextToken }),
    });
    items.push(...page.Items);
    if (!page.NextToken || page.Items.length === 0) break;
    nextToken = page.NextToken;
  }
  return items;
}
