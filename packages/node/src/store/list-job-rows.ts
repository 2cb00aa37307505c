import type { JobQuery, JobRecord, Page } from "@gadus/requester";
import { labelConditions } from "./job-label-rows.ts";
import { readJobToken, writeJobToken } from "../api/job-token.ts";
import type { SqliteDatabase } from "./sqlite.ts";

/**
 * A page of jobs in the order that is asked for; `toJob` makes a record of a row.
 *
 * @throws {RequesterError} `requester/invalid-token`
 */
export function listJobRows(
  database: SqliteDatabase,
  query: JobQuery,
  toJob: (jobId: string, body: unknown) => JobRecord,
): Page<JobRecord> {
  const after = query.after === undefined ? undefined : readJobToken(query.after, query.orderBy);
  const column = query.orderBy === "created_at" ? "created_at_ms" : "modified_at_ms";
  const [direction, beyond] = query.reverse ? ["ASC", ">"] : ["DESC", "<"];
  const labels = labelConditions(query.labels ?? []);
  const conditions = [
    ...labels.conditions,
    ...(query.namespace === undefined ? [] : ["namespace = :namespace"]),
    ...(after === undefined ? [] : [`(${column}, job_id) ${beyond} (:timeMs, :jobId)`]),
  ];
  const where = conditions.length === 0 ? "" : `WHERE ${conditions.join(" AND ")}`;
  const sql = `SELECT job_id, body FROM jobs ${where}
    ORDER BY ${column} ${direction}, job_id ${direction} LIMIT :limit`;
  const rows = database.prepare(sql).all({
    limit: query.limit + 1,
    ...(query.namespace !== undefined && { namespace: query.namespace }),
    ...labels.values,
    ...after,
  });
  const items = rows.slice(0, query.limit).map((row) => toJob(String(row["job_id"]), row["body"]));
  const last = items.at(-1);
  if (last === undefined || rows.length <= items.length) return { items };
  return { items, next: writeJobToken(query.orderBy, last) };
}
