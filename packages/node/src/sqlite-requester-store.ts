import { setImmediate as nextTurn } from "node:timers/promises";
import type { JobDocument } from "@gadus/protocol";
import {
  type EventQuery,
  type ExecutionRecord,
  type JobEventRecord,
  type JobQuery,
  type JobRecord,
  type Page,
  type PartitionRecord,
  RequesterError,
  type RequesterStore,
  type RequesterWrite,
  type StoredJob,
} from "@gadus/requester";
import { compactJobs, forgetJobs } from "./clean-requester-store.ts";
import { readJobToken, writeJobToken } from "./job-token.ts";
import { REQUESTER_SCHEMA } from "./requester-schema.ts";
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
    listJobs: async (query) => listJobs(database, stored, query),
    events: async (query) => readEvents(database, query),
    lastSeq: async () => Number(database.prepare(LAST_SEQ).get()?.seq ?? 0),
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
  revision = :revision, body = :body WHERE job_id = :jobId AND revision = :revision - 1`;
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
const UPDATE_PARTITION = `UPDATE partitions SET namespace = :namespace, owner = :owner, job_version = :jobVersion,
  revision = :revision, body = :body
  WHERE job_id = :jobId AND partition = :partition AND revision = :revision - 1`;

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
  if (row === undefined) return undefined;
  const rows = (table: "partitions" | "executions", order: string) =>
    database.prepare(`SELECT body FROM ${table} WHERE job_id = ? ORDER BY ${order}`).all(jobId);
  return {
    job: toJob(database, stored, jobId, row.body),
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

function listJobs(
  database: SqliteDatabase,
  stored: WeakMap<object, string>,
  query: JobQuery,
): Page<JobRecord> {
  const after = query.after === undefined ? undefined : readJobToken(query.after, query.orderBy);
  const column = query.orderBy === "created_at" ? "created_at_ms" : "modified_at_ms";
  const [direction, beyond] = query.reverse ? ["ASC", ">"] : ["DESC", "<"];
  const conditions = [
    ...(query.namespace === undefined ? [] : ["namespace = :namespace"]),
    ...(after === undefined ? [] : [`(${column}, job_id) ${beyond} (:timeMs, :jobId)`]),
  ];
  const where = conditions.length === 0 ? "" : `WHERE ${conditions.join(" AND ")}`;
  const sql = `SELECT job_id, body FROM jobs ${where}
    ORDER BY ${column} ${direction}, job_id ${direction} LIMIT :limit`;
  const rows = database.prepare(sql).all({
    limit: query.limit + 1,
    ...(query.namespace !== undefined && { namespace: query.namespace }),
    ...after,
  });
  const items = rows
    .slice(0, query.limit)
    .map((row) => toJob(database, stored, String(row.job_id), row.body));
  const last = items.at(-1);
  if (last === undefined || rows.length <= items.length) return { items };
  return { items, next: writeJobToken(query.orderBy, last) };
}

function readEvents(database: SqliteDatabase, query: EventQuery): readonly JobEventRecord[] {
  const { jobId, executionId, afterSeq, limit } = query;
  return readEventRows(database, { afterSeq, limit, where: { job_id: jobId, execution_id: executionId } });
}

function staleRevision(kind: string, name: string, revision: number): RequesterError {
  return stale(kind, `"${name}" is not at revision ${revision - 1}`);
}

function stale(kind: string, state: string, cause?: unknown): RequesterError {
  return new RequesterError("requester/stale-write", `Cannot write the ${kind}: ${state}`, { cause });
}
