import { COMPACTED } from "@gadus/requester";
import type { SqliteDatabase } from "./sqlite.ts";

const TOLD = "RETURNING seq, json_extract(body, '$.topic') AS topic";
const REMOVE_OLDEST = `DELETE FROM events WHERE seq IN (
  SELECT seq FROM events WHERE job_id = ? ORDER BY seq LIMIT ?) ${TOLD}`;
const REMOVE_VERSIONS = `DELETE FROM events WHERE job_id = ? AND job_version <= ? ${TOLD}`;
const NOTE_ALL = "UPDATE forgotten_events SET seq = max(seq, ?)";
const NOTE_JOB = "UPDATE jobs SET forgotten_seq = max(forgotten_seq, ?) WHERE job_id = ?";
const READ_ALL = "SELECT seq FROM forgotten_events";
const READ_JOB = "SELECT forgotten_seq AS seq FROM jobs WHERE job_id = ?";

/** Removes a job's events, oldest first, and notes how far they went; answers how many. */
export function removeOldestEvents(database: SqliteDatabase, jobId: string, limit: number): number {
  return noted(database, jobId, database.prepare(REMOVE_OLDEST).all(jobId, limit));
}

/** Removes the events of a job's versions up to `jobVersion`, and notes how far they went. */
export function removeEventsOfVersions(database: SqliteDatabase, jobId: string, jobVersion: number): void {
  noted(database, jobId, database.prepare(REMOVE_VERSIONS).all(jobId, jobVersion));
}

/** The greatest number of an event that was removed, of a job or of any; 0 where there is none. */
export function readForgottenSeq(database: SqliteDatabase, jobId: string | undefined): number {
  const row = jobId === undefined ? database.prepare(READ_ALL).get() : database.prepare(READ_JOB).get(jobId);
  return Number(row?.["seq"] ?? 0);
}

function noted(
  database: SqliteDatabase,
  jobId: string,
  removed: readonly Readonly<Record<string, unknown>>[],
): number {
  // That of a compaction only says that others went.
  const missed = removed.filter(({ topic }) => topic !== COMPACTED);
  const last = missed.reduce((most, { seq }) => Math.max(most, Number(seq)), 0);
  if (last > 0) {
    database.prepare(NOTE_JOB).run(last, jobId);
    database.prepare(NOTE_ALL).run(last);
  }
  return removed.length;
}
