import { setImmediate as nextTurn } from "node:timers/promises";
import {
  type AcceptanceRecord,
  type AskRecord,
  ComputeError,
  type ComputeStore,
  type ComputeWrite,
  type EndedBounds,
  type EndedExecution,
  type EndedQuery,
  type ExecutionEventQuery,
  type ExecutionEventRecord,
  type ExecutionRecord,
  type StoredExecution,
} from "@gadus/compute";
import { COMPUTE_SCHEMA } from "../config/compute-schema.ts";
import { isConstraintError, openSqlite, type SqliteDatabase } from "./sqlite.ts";
import { readEventRows } from "./read-event-rows.ts";
import { fromStored, toStored } from "./stored-value.ts";

/** Executions that are read before other work has its turn. */
const EXECUTIONS_A_TURN = 50;

/** A {@link ComputeStore} in one SQLite file. */
export interface SqliteComputeStore extends ComputeStore {
  /** Commits what is queued, then closes the file. Idempotent. */
  close(): void;
}

/**
 * Opens the compute node's store at `path`, or makes it.
 *
 * @throws {NodeError} `node/store-newer`, `node/store-unusable`
 */
export function openComputeStore(path: string): SqliteComputeStore {
  const database = openSqlite(path, COMPUTE_SCHEMA);
  return {
    commit: (writes, options) =>
      database.commit(() => {
        const seqs: number[] = [];
        for (const write of writes) {
          if (write.kind === "execution") writeExecution(database, write);
          else seqs.push(writeEvent(database, write.event));
        }
        return seqs;
      }, options),
    async *live({ signal } = {}) {
      signal?.throwIfAborted();
      const ids = database.prepare(LIVE).all();
      for (const [index, row] of ids.entries()) {
        if (index % EXECUTIONS_A_TURN === EXECUTIONS_A_TURN - 1) await nextTurn();
        signal?.throwIfAborted();
        const stored = readExecution(database, database.prepare(BY_ID).get(Number(row.id)));
        if (stored !== undefined) yield stored;
      }
    },
    ended: async (query) => readEnded(database, query),
    get: async (requester, executionId) =>
      readExecution(database, database.prepare(BY_KEY).get(requester, executionId)),
    events: async (query) => readEvents(database, query),
    removeEnded: (bounds) => database.commit(() => removeEnded(database, bounds)),
    close: () => database.close(),
  };
}

const LIVE = "SELECT id FROM executions WHERE ended_at_ms IS NULL ORDER BY id";
const ENDED = `SELECT requester, execution_id, state, ended_at_ms FROM executions
  WHERE ended_at_ms IS NOT NULL AND ended_at_ms >= ? ORDER BY ended_at_ms DESC, id DESC LIMIT ?`;
const BY_ID = "SELECT id, body FROM executions WHERE id = ?";
const BY_KEY = "SELECT id, body FROM executions WHERE requester = ? AND execution_id = ?";

const INSERT = `INSERT INTO executions (requester, execution_id, namespace, job_id, partition, state, created_at_ms,
  ended_at_ms, revision, body)
  VALUES (:requester, :executionId, :namespace, :jobId, :partition, :state, :createdAtMs, :endedAtMs, :revision, :body)`;
const UPDATE = `UPDATE executions SET namespace = :namespace, job_id = :jobId, partition = :partition, state = :state,
  created_at_ms = :createdAtMs, ended_at_ms = :endedAtMs, revision = :revision, body = :body
  WHERE requester = :requester AND execution_id = :executionId AND revision = :revision - 1`;
/** A part is written once: what was first given stays. */
const WRITE_PART = `INSERT OR IGNORE INTO execution_parts (execution, part, body)
  SELECT id, ?, ? FROM executions WHERE requester = ? AND execution_id = ?`;

function writeExecution(
  database: SqliteDatabase,
  { execution, ask, acceptance }: Extract<ComputeWrite, { kind: "execution" }>,
): void {
  const { requester, executionId, namespace, jobId, partition, state, createdAtMs, revision } = execution;
  if (revision === 1 && ask === undefined) throw stale(execution, "it is new and comes without its ask");
  const values = {
    requester,
    executionId,
    namespace,
    jobId,
    partition,
    state,
    createdAtMs,
    endedAtMs: execution.endedAtMs ?? null,
    revision,
    body: toStored(execution),
  };
  try {
    const { changes } = database.prepare(revision === 1 ? INSERT : UPDATE).run(values);
    if (changes !== 1) throw stale(execution, `it is not at revision ${revision - 1}`);
  } catch (error) {
    if (isConstraintError(error)) throw stale(execution, "it is there already");
    throw error;
  }
  const parts = [
    ["ask", ask],
    ["acceptance", acceptance],
  ] as const;
  for (const [part, value] of parts) {
    if (value !== undefined) database.prepare(WRITE_PART).run(part, toStored(value), requester, executionId);
  }
}

const INSERT_EVENT = `INSERT INTO events (requester, execution_id, namespace, job_id, partition, body)
  VALUES (:requester, :executionId, :namespace, :jobId, :partition, :body)`;

function writeEvent(database: SqliteDatabase, event: Omit<ExecutionEventRecord, "seq">): number {
  const { requester, executionId, namespace, jobId, partition } = event;
  const { lastInsertRowid } = database
    .prepare(INSERT_EVENT)
    .run({ requester, executionId, namespace, jobId, partition, body: toStored(event) });
  return Number(lastInsertRowid);
}

function readExecution(
  database: SqliteDatabase,
  row: Record<string, unknown> | undefined,
): StoredExecution | undefined {
  if (row === undefined) return undefined;
  const parts = new Map(
    database
      .prepare("SELECT part, body FROM execution_parts WHERE execution = ?")
      .all(Number(row.id))
      .map(({ part, body }) => [part, body]),
  );
  const acceptance = parts.get("acceptance");
  return {
    execution: fromStored<ExecutionRecord>(row.body),
    ask: fromStored<AskRecord>(parts.get("ask")),
    acceptance: acceptance === undefined ? undefined : fromStored<AcceptanceRecord>(acceptance),
  };
}

function readEvents(database: SqliteDatabase, query: ExecutionEventQuery): readonly ExecutionEventRecord[] {
  const { requester, executionId, afterSeq, limit } = query;
  return readEventRows(database, { afterSeq, limit, where: { requester, execution_id: executionId } });
}

function readEnded(database: SqliteDatabase, { sinceMs, limit }: EndedQuery): readonly EndedExecution[] {
  const rows = database.prepare(ENDED).all(sinceMs, limit);
  const ended = rows.map((row) => ({
    requester: String(row.requester),
    executionId: String(row.execution_id),
    state: String(row.state) as EndedExecution["state"],
    endedAtMs: Number(row.ended_at_ms),
  }));
  return ended.reverse();
}

const COUNT_ENDED = "SELECT count(*) AS ended FROM executions WHERE ended_at_ms IS NOT NULL";
const OLDEST_ENDED = `SELECT id, requester, execution_id, ended_at_ms FROM executions
  WHERE ended_at_ms IS NOT NULL ORDER BY ended_at_ms, id LIMIT ?`;

function removeEnded(database: SqliteDatabase, bounds: EndedBounds): number {
  const surplus = Number(database.prepare(COUNT_ENDED).get()?.ended ?? 0) - bounds.keep;
  const old = database
    .prepare(OLDEST_ENDED)
    .all(bounds.limit)
    .filter((row, index) => Number(row.ended_at_ms) < bounds.beforeMs || index < surplus);
  for (const row of old) {
    const key = [String(row.requester), String(row.execution_id)];
    database.prepare("DELETE FROM events WHERE requester = ? AND execution_id = ?").run(...key);
    database.prepare("DELETE FROM executions WHERE id = ?").run(Number(row.id));
  }
  return old.length;
}

function stale(execution: ExecutionRecord, state: string): ComputeError {
  const what = `revision ${execution.revision} of execution "${execution.executionId}"`;
  return new ComputeError("compute/stale-write", `Cannot write ${what}: ${state}`);
}
