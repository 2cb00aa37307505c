import { type JobVersion, MAX_FORMER_VERSIONS } from "@gadus/requester";
import { removeEventsOfVersions } from "./forgotten-event-rows.ts";
import type { SqliteDatabase } from "./sqlite.ts";
import { fromStored, toStored } from "./stored-value.ts";

const ADD = "INSERT INTO job_versions (job_id, job_version, body) VALUES (?, ?, ?)";
const TABLES = ["job_versions", "partitions", "executions"] as const;
const READ = "SELECT body FROM job_versions WHERE job_id = ? AND job_version = ?";
const LIST = "SELECT body FROM job_versions WHERE job_id = ? ORDER BY job_version";

/** Keeps a version that the job leaves behind, and gives up the oldest beyond the limit. */
export function writeVersion(database: SqliteDatabase, { job, document }: JobVersion): void {
  const { jobId, jobVersion } = job;
  database.prepare(ADD).run(jobId, jobVersion, toStored({ job, document }));
  const last = jobVersion - MAX_FORMER_VERSIONS;
  if (last < 1) return;
  for (const table of TABLES) {
    database.prepare(`DELETE FROM ${table} WHERE job_id = ? AND job_version <= ?`).run(jobId, last);
  }
  removeEventsOfVersions(database, jobId, last);
}

/** A former version of a job. */
export function readVersion(
  database: SqliteDatabase,
  jobId: string,
  jobVersion: number,
): JobVersion | undefined {
  const row = database.prepare(READ).get(jobId, jobVersion);
  return row === undefined ? undefined : fromStored<JobVersion>(row["body"]);
}

/** The former versions of a job, oldest first. */
export function readVersions(database: SqliteDatabase, jobId: string): readonly JobVersion[] {
  return database
    .prepare(LIST)
    .all(jobId)
    .map((row) => fromStored<JobVersion>(row["body"]));
}
