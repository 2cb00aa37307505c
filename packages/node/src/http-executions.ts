import type { ExecutionRecord, StoredJob } from "@gadus/requester";
import { executionShape, type Json } from "./api-shapes.ts";
import { readToken, writeToken } from "./job-token.ts";

/** Which page; `next_token` names the one before. */
export interface ExecutionsWish {
  readonly limit: number;
  readonly next_token?: string | undefined;
  readonly order_by: "created_at" | "modified_at";
  readonly reverse: boolean;
}

/** A page of a job's executions, those that were made first, or changed longest ago, first unless `reverse`. */
export function listExecutions(
  stored: StoredJob,
  { limit, next_token: token, order_by: orderBy, reverse }: ExecutionsWish,
): Json {
  const keyOf = ({ id, createdAtMs, modifiedAtMs }: ExecutionRecord) => ({
    id,
    timeMs: orderBy === "created_at" ? createdAtMs : modifiedAtMs,
  });
  const after = token === undefined ? undefined : readToken(token, orderBy, "executions");
  const direction = reverse ? -1 : 1;
  const rest = stored.executions
    .map((execution) => ({ execution, key: keyOf(execution) }))
    .filter(({ key }) => after === undefined || compare(key, after) * direction > 0)
    .sort((a, b) => compare(a.key, b.key) * direction);
  const page = rest.slice(0, limit);
  const last = page.at(-1);
  const isLast = last === undefined || page.length === rest.length;
  return {
    Items: page.map(({ execution }) => executionShape(execution, stored)),
    NextToken: isLast ? "" : writeToken(orderBy, last.key),
  };
}

type Key = ReturnType<typeof readToken>;

function compare(a: Key, b: Key): number {
  if (a.timeMs !== b.timeMs) return a.timeMs - b.timeMs;
  if (a.id === b.id) return 0;
  return a.id < b.id ? -1 : 1;
}
