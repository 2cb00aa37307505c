import { setImmediate as nextTurn } from "node:timers/promises";
import type { JobDocument } from "@gadus/protocol";
import {
  type EventQuery,
  type ExecutionRecord,
  type JobEventRecord,
  type JobRecord,
  type PartitionRecord,
  RequesterError,
  type RequesterStore,
  type RequesterWrite,
  type StoredJob,
} from "@gadus/requester";
import { compactJobs, forgetJobs } from "./clean-requester-store.ts";
import { readForgottenSeq } from "./forgotten-event-rows.ts";
import { writeJobLabels } from "./job-label-rows.ts";
import { listJobRows } from "./list-job-rows.ts";
import { REQUESTER_SCHEMA } from "./requester-schema.ts";
import { readVersion, readVersions, writeVersion } from "./job-version-rows.ts";
import { readMemberships, writeMembership } from "./membership-rows.ts";
import { forgetReputations, readReputations, writeObservation } from "./reputation-rows.ts";
import { isConstraintError, openSqlite, type SqliteDatabase } from "./sqlite.ts";
import { readEventRows } from "./read-event-rows.ts";
import { fromStored, toStored } from "./stored-value.ts";

/** Jobs that are read before other work has its turn. */
const JOBS_A_TURN = 50;

/** A {@link RequesterStore} in one SQLite file. */
export interface SqliteRequesterStore extends RequesterStore {
  /** Commits what is queued, then closes the file. Idempotent. */
  close(): void;
}

/** The parts of a job that rarely change: each is stored once, beside the row that every write replaces. */
type JobPart = "document" | "spec" | "task";
type JobRow = Omit<JobRecord, "spec" | "task">;

/**
 * Opens the requester's store at `path`, or makes it.
 *
 * @throws {NodeError} `node/store-newer`, `node/store-unusable`
 */
export function openRequesterStore(path: string): SqliteRequesterStore {
  const database = openSqlite(path, REQUESTER_SCHEMA);
  /** Which spec and task objects are stored already, and for which job: records are never changed in place. */
  const stored = new WeakMap<object, string>();

  return {
    commit: async (writes, options) => {
      const seqs = await database.commit(() => {
        const given: number[] = [];
        for (const write of writes) apply(database, stored, write, given);
        return given;
      }, options);
      for (const write of writes) if (write.kind === "job") remember(stored, write.job);
      return seqs;
    },
    async *liveJobs({ signal } = {}) {
      const ids = database.prepare("SELECT job_id FROM jobs WHERE closed = 0 ORDER BY id").all();
      for (const [index, row] of ids.entries()) {
        if (index % JOBS_A_TURN === JOBS_A_TURN - 1) await nextTurn();
        signal?.throwIfAborted();
        const job = readJob(database, stored, String(row.job_id));
        if (job !== undefined && !job.job.closed) yield job;
      }
    },
    job: async (jobId) => readJob(database, stored, jobId),
    version: async (jobId, jobVersion) => {
      const version = readVersion(database, jobId, jobVersion);
      return version && { ...recordsOf(database, version.job), document: version.document };
    },
    versions: async (jobId) => readVersions(database, jobId),
    execution: async (executionId) => {
      const row = database.prepare("SELECT body FROM executions WHERE execution_id = ?").get(executionId);
      return row === undefined ? undefined : fromStored<ExecutionRecord>(row.body);
    },
    document: async (jobId) => readPart<JobDocument>(database, jobId, "document"),
    findJobs: async (text, limit) =>
      database
        .prepare(FIND)
        .all({ text, end: `${text}\u{10ffff}`, limit })
        .map((row) => String(row.job_id)),
    named: async (namespace, name) => {
      const row = database.prepare(NAMED).get(namespace, name);
      return row === undefined ? undefined : String(row.job_id);
    },
    listJobs: async (query) =>
      listJobRows(database, query, (jobId, body) => toJob(database, stored, jobId, body)),
    events: async (query) => readEvents(database, query),
    lastSeq: async () => Number(database.prepare(LAST_SEQ).get()?.seq ?? 0),
    forgottenSeq: async (jobId) => readForgottenSeq(database, jobId),
    memberships: async () => readMemberships(database),
    reputations: async (limit) => readReputations(database, limit),
    forgetReputations: (keep) => database.commit(() => forgetReputations(database, keep), NOT_PROMISED),
    compact: (bounds) =>
      database.commit(
        () => compactJobs(database, bounds, (event) => writeEvent(database, event)),
        NOT_PROMISED,
      ),
    forget: (bounds) => database.commit(() => forgetJobs(database, bounds), NOT_PROMISED),
    close: () => database.close(),
  };
}

/** What is given up may come back after a power loss: it goes again. */
const NOT_PROMISED = { durable: false };

const FIND = `SELECT job_id FROM (
    SELECT job_id, created_at_ms FROM jobs WHERE job_id >= :text AND job_id < :end
    UNION SELECT job_id, created_at_ms FROM jobs WHERE name = :text)
  ORDER BY created_at_ms DESC, job_id DESC LIMIT :limit`;
const NAMED = `SELECT job_id FROM jobs WHERE namespace = ? AND name = ?
  ORDER BY created_at_ms DESC, job_id DESC LIMIT 1`;
const LAST_SEQ = "SELECT seq FROM sqlite_sequence WHERE name = 'events'";

function apply(
  database: SqliteDatabase,
  stored: WeakMap<object, string>,
  write: RequesterWrite,
  seqs: number[],
): void {
  try {
    if (write.kind === "job") writeJob(database, stored, write.job, write.document);
    else if (write.kind === "partition") writePartition(database, write.partition);
    else if (write.kind === "execution") writeExecution(database, write.execution);
    else if (write.kind === "version") writeVersion(database, write);
    else if (write.kind === "membership") writeMembership(database, write.nodeId, write.record);
    else if (write.kind === "observation") writeObservation(database, write.observation);
    else seqs.push(writeEvent(database, write.event));
  } catch (error) {
    if (isConstraintError(error))
      throw stale(write.kind, "its job isn't stored, or it is there already", error);
    throw error;
  }
}

const INSERT_JOB = `INSERT INTO jobs
  (job_id, namespace, owner, job_version, name, status, closed, created_at_ms, modified_at_ms, revision, body)
  VALUES (:jobId, :namespace, :owner, :jobVersion, :name, :status, :closed, :createdAtMs, :modifiedAtMs, :revision, :body)`;
const UPDATE_JOB = `UPDATE jobs SET namespace = :namespace, owner = :owner, job_version = :jobVersion, name = :name,
  status = :status, closed = :closed, created_at_ms = :createdAtMs, modified_at_ms = :modifiedAtMs,
  revision = :revision, body = :body, compacted = CASE :closed WHEN 1 THEN compacted ELSE 0 END
  WHERE job_id = :jobId AND revision = :revision - 1`;
const REMOVE_TASK = "DELETE FROM job_parts WHERE job_id = ? AND part = 'task'";
const WRITE_PART = "INSERT OR REPLACE INTO job_parts (job_id, part, body) VALUES (?, ?, ?)";

function writeJob(
  database: SqliteDatabase,
  stored: WeakMap<object, string>,
  job: JobRecord,
  document: JobDocument | undefined,
): void {
  const { spec, task, ...row } = job;
  const { jobId, namespace, owner, jobVersion, status, createdAtMs, modifiedAtMs, revision } = row;
  const { changes } = database.prepare(revision === 1 ? INSERT_JOB : UPDATE_JOB).run({
    jobId,
    namespace,
    owner,
    jobVersion,
    name: spec.name,
    status,
    closed: row.closed ? 1 : 0,
    createdAtMs,
    modifiedAtMs,
    revision,
    body: toStored(row),
  });
  if (changes !== 1) throw staleRevision("job", jobId, revision);
  if (document !== undefined) writeJobLabels(database, jobId, document);
  // A version that isn't resolved follows one that may be.
  if (task === undefined && revision > 1) database.prepare(REMOVE_TASK).run(jobId);
  const parts: readonly [JobPart, object | undefined][] = [
    ["document", document],
    ["spec", stored.get(spec) === jobId ? undefined : spec],
    ["task", task === undefined || stored.get(task) === jobId ? undefined : task],
  ];
  for (const [part, value] of parts) {
    if (value !== undefined) database.prepare(WRITE_PART).run(jobId, part, toStored(value));
  }
}

const INSERT_PARTITION = `INSERT INTO partitions (job_id, partition, namespace, owner, job_version, revision, body)
  VALUES (:jobId, :partition, :namespace, :owner, :jobVersion, :revision, :body)`;
const UPDATE_PARTITION = `UPDATE partitions SET namespace = :namespace, owner = :owner,
  revision = :revision, body = :body
  WHERE job_id = :jobId AND job_version = :jobVersion AND partition = :partition AND revision = :revision - 1`;

function writePartition(database: SqliteDatabase, record: PartitionRecord): void {
  const { jobId, index: partition, namespace, owner, jobVersion, revision } = record;
  const { changes } = database
    .prepare(revision === 1 ? INSERT_PARTITION : UPDATE_PARTITION)
    .run({ jobId, partition, namespace, owner, jobVersion, revision, body: toStored(record) });
  if (changes !== 1) throw staleRevision("partition", `${jobId}/${partition}`, revision);
}

const INSERT_EXECUTION = `INSERT INTO executions
  (execution_id, job_id, partition, namespace, owner, job_version, node_id, state, revision, body)
  VALUES (:id, :jobId, :partition, :namespace, :owner, :jobVersion, :nodeId, :state, :revision, :body)`;
const UPDATE_EXECUTION = `UPDATE executions SET partition = :partition, namespace = :namespace, owner = :owner,
  job_version = :jobVersion, node_id = :nodeId, state = :state, revision = :revision, body = :body
  WHERE execution_id = :id AND job_id = :jobId AND revision = :revision - 1`;

function writeExecution(database: SqliteDatabase, record: ExecutionRecord): void {
  const { id, jobId, partition, namespace, owner, jobVersion, nodeId, state, revision } = record;
  const { changes } = database.prepare(revision === 1 ? INSERT_EXECUTION : UPDATE_EXECUTION).run({
    id,
    jobId,
    partition,
    namespace,
    owner,
    jobVersion,
    nodeId,
    state,
    revision,
    body: toStored(record),
  });
  if (changes !== 1) throw staleRevision("execution", id, revision);
}

const INSERT_EVENT = `INSERT INTO events (job_id, execution_id, namespace, owner, job_version, body)
  VALUES (:jobId, :executionId, :namespace, :owner, :jobVersion, :body)`;

function writeEvent(database: SqliteDatabase, event: Omit<JobEventRecord, "seq">): number {
  const { jobId, executionId = null, namespace, owner, jobVersion } = event;
  const body = toStored(event);
  const { lastInsertRowid } = database
    .prepare(INSERT_EVENT)
    .run({ jobId, executionId, namespace, owner, jobVersion, body });
  return Number(lastInsertRowid);
}

function readJob(
  database: SqliteDatabase,
  stored: WeakMap<object, string>,
  jobId: string,
): StoredJob | undefined {
  const row = database.prepare("SELECT body FROM jobs WHERE job_id = ?").get(jobId);
  return row === undefined ? undefined : recordsOf(database, toJob(database, stored, jobId, row.body));
}

/** A job's records of one version; `job` is that of the version. */
function recordsOf(database: SqliteDatabase, job: JobRecord): StoredJob {
  const rows = (table: "partitions" | "executions", order: string) =>
    database
      .prepare(`SELECT body FROM ${table} WHERE job_id = ? AND job_version = ? ORDER BY ${order}`)
      .all(job.jobId, job.jobVersion);
  return {
    job,
    partitions: rows("partitions", "partition").map(({ body }) => fromStored<PartitionRecord>(body)),
    executions: rows("executions", "id").map(({ body }) => fromStored<ExecutionRecord>(body)),
  };
}

function toJob(
  database: SqliteDatabase,
  stored: WeakMap<object, string>,
  jobId: string,
  body: unknown,
): JobRecord {
  const spec = readPart<JobRecord["spec"]>(database, jobId, "spec");
  if (spec === undefined) throw new TypeError(`Cannot read job "${jobId}": its specification isn't stored`);
  const task = readPart<NonNullable<JobRecord["task"]>>(database, jobId, "task");
  const job: JobRecord = { ...fromStored<JobRow>(body), spec, task };
  remember(stored, job);
  return job;
}

function readPart<T>(database: SqliteDatabase, jobId: string, part: JobPart): T | undefined {
  const row = database.prepare("SELECT body FROM job_parts WHERE job_id = ? AND part = ?").get(jobId, part);
  return row === undefined ? undefined : fromStored<T>(row.body);
}

function remember(stored: WeakMap<object, string>, { jobId, spec, task }: JobRecord): void {
  stored.set(spec, jobId);
  if (task !== undefined) stored.set(task, jobId);
}

function readEvents(database: SqliteDatabase, query: EventQuery): readonly JobEventRecord[] {
  const { jobId, jobVersion, executionId, level, sinceMs, afterSeq, limit } = query;
  const conditions = [
    ...(level === undefined ? [] : [`execution_id IS ${level === "job" ? "NULL" : "NOT NULL"}`]),
    ...(sinceMs === undefined ? [] : [`json_extract(body, '$.atMs') >= ${Number(sinceMs)}`]),
  ];
  const where = { job_id: jobId, execution_id: executionId, job_version: jobVersion };
  return readEventRows(database, { afterSeq, limit, where, conditions });
}

function staleRevision(kind: string, name: string, revision: number): RequesterError {
  return stale(kind, `"${name}" is not at revision ${revision - 1}`);
}

function stale(kind: string, state: string, cause?: unknown): RequesterError {
  return new RequesterError("requester/stale-write", `Cannot write the ${kind}: ${state}`, { cause });
}
