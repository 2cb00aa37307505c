import { type CleaningBounds, compactionOf, type JobEventRecord } from "@gadus/requester";
import { removeOldestEvents } from "./forgotten-event-rows.ts";
import type { SqliteDatabase } from "./sqlite.ts";

const TO_COMPACT = `SELECT job_id, namespace, owner, job_version FROM jobs
  WHERE closed = 1 AND compacted = 0 AND modified_at_ms < ? ORDER BY modified_at_ms, id LIMIT ?`;
const REMOVE_USELESS = `DELETE FROM executions WHERE id IN (
  SELECT id FROM executions WHERE job_id = ? AND state <> 'published' ORDER BY id LIMIT ?)`;
const MARK = "UPDATE jobs SET compacted = 1 WHERE job_id = ?";

/** Shortens finished jobs; answers how many rows went, each job that is done counting as one more. */
export function compactJobs(
  database: SqliteDatabase,
  { closedBeforeMs, nowMs, maxRows }: CleaningBounds,
  writeEvent: (event: Omit<JobEventRecord, "seq">) => void,
): number {
  let removed = 0;
  for (const row of database.prepare(TO_COMPACT).all(closedBeforeMs, maxRows)) {
    const jobId = String(row["job_id"]);
    removed += removeOldestEvents(database, jobId, maxRows - removed);
    removed += Number(database.prepare(REMOVE_USELESS).run(jobId, maxRows - removed).changes);
    // Whether rows are left isn't known: the next batch finds out.
    if (removed >= maxRows) break;
    database.prepare(MARK).run(jobId);
    const [namespace, owner] = [String(row["namespace"]), String(row["owner"])];
    writeEvent(compactionOf({ jobId, namespace, owner, jobVersion: Number(row["job_version"]) }, nowMs));
    removed += 1;
  }
  return removed;
}

const TO_FORGET = `SELECT job_id FROM jobs
  WHERE closed = 1 AND compacted = 1 AND modified_at_ms < ? ORDER BY modified_at_ms, id LIMIT ?`;
const REMOVE_EXECUTIONS = `DELETE FROM executions WHERE id IN (
  SELECT id FROM executions WHERE job_id = ? ORDER BY id LIMIT ?)`;
/** Few rows a job, which go at once; its own goes last, since the others belong to it. */
const TABLES = ["partitions", "job_labels", "job_versions", "job_parts", "jobs"] as const;

/** Removes jobs that were compacted; answers how many rows went. */
export function forgetJobs(database: SqliteDatabase, { closedBeforeMs, maxRows }: CleaningBounds): number {
  let removed = 0;
  for (const { job_id: id } of database.prepare(TO_FORGET).all(closedBeforeMs, maxRows)) {
    const jobId = String(id);
    removed += removeOldestEvents(database, jobId, maxRows - removed);
    removed += Number(database.prepare(REMOVE_EXECUTIONS).run(jobId, maxRows - removed).changes);
    // Whether rows are left isn't known: the next batch finds out.
    if (removed >= maxRows) break;
    for (const table of TABLES) {
      removed += Number(database.prepare(`DELETE FROM ${table} WHERE job_id = ?`).run(jobId).changes);
    }
    if (removed >= maxRows) break;
  }
  return removed;
}
