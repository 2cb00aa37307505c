import { closeSync, fsyncSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { type CommitOptions, messageOf } from "@gadus/protocol";
import { openLogSync } from "./log-sync.ts";
import { NodeError, type NodeErrorCode } from "../node-error.ts";

/** How long a statement waits for another process that holds the file. */
const BUSY_TIMEOUT_MS = 5_000;
/** Pages of 4 KiB in the log before they are copied into the file, which the event loop waits for. */
const CHECKPOINT_PAGES = 8_000;
/** Batches that wait for one transaction, at most. */
const MAX_QUEUED_BATCHES = 100_000;

/** One SQLite file with a write-ahead log, and one queue through which all writes go. */
export interface SqliteDatabase {
  /** The statement of `sql`, prepared once. */
  prepare(sql: string): StatementSync;
  /**
   * Runs `batch` inside a transaction, and settles with its answer once that survives what `options` say.
   *
   * Batches queued within one turn of the event loop share the transaction, in order; one that throws is undone alone
   * and rejects with what it threw. The log is synced off the event loop, and what is committed meanwhile shares the
   * next sync.
   *
   * @throws {NodeError} `node/store-full`, `node/store-failed`, `node/store-closed`, `node/overloaded`
   */
  commit<T>(batch: () => T, options?: CommitOptions): Promise<T>;
  /** Commits what is queued, then closes the file. Idempotent. */
  close(): void;
}

/** What a database is for: `migrations[n]` leads from version `n` to `n + 1`. */
export interface SqliteSchema {
  readonly migrations: readonly string[];
}

/** Options of {@link openSqlite}. */
export interface SqliteOptions {
  /** Whether no one else may open it, from now until it is closed or the process ends. @default false */
  readonly exclusive?: boolean;
}

/**
 * Opens the database at `path`, or makes it, and brings it to the schema's version.
 *
 * @throws {NodeError} `node/store-newer` where a later program wrote it, `node/store-unusable`
 */
export function openSqlite(
  path: string,
  schema: SqliteSchema,
  { exclusive = false }: SqliteOptions = {},
): SqliteDatabase {
  const database = open(path, exclusive);
  try {
    migrate(database, path, schema.migrations);
    syncFolder(dirname(path));
    return queueOn(database, path);
  } catch (error) {
    database.close();
    throw error instanceof NodeError ? error : unusable(path, error);
  }
}

function open(path: string, exclusive: boolean): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path, {
      timeout: exclusive ? 0 : BUSY_TIMEOUT_MS,
      enableForeignKeyConstraints: true,
      enableDoubleQuotedStringLiterals: false,
    });
    if (exclusive) database.exec("PRAGMA locking_mode = EXCLUSIVE");
    // NORMAL syncs the log before a checkpoint and at its restart; the queue syncs it after commits, as FULL would.
    database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA temp_store = MEMORY;");
    database.exec(`PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
    if (exclusive) database.exec("BEGIN EXCLUSIVE; COMMIT");
    return database;
  } catch (error) {
    database?.close();
    throw unusable(path, error);
  }
}

/** Makes the names of new files survive a power loss. */
function syncFolder(folder: string): void {
  const handle = openSync(folder, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

function migrate(database: DatabaseSync, path: string, migrations: readonly string[]): void {
  const row = database.prepare("PRAGMA user_version").get();
  const version = Number(row?.user_version);
  if (version > migrations.length) {
    const state = `its schema is version ${version}, and this program knows ${migrations.length}`;
    throw new NodeError("node/store-newer", `Cannot open "${path}": ${state}`, {
      hint: "Run the newer program that wrote it, or choose another data folder (dataFolder).",
    });
  }
  for (const [index, sql] of migrations.entries()) {
    if (index < version) continue;
    database.exec(`BEGIN IMMEDIATE; ${sql}; PRAGMA user_version = ${index + 1}; COMMIT;`);
  }
}

interface Queued {
  readonly run: () => unknown;
  readonly durable: boolean;
  readonly resolve: (value: unknown) => void;
  readonly reject: (reason: unknown) => void;
}

function queueOn(database: DatabaseSync, path: string): SqliteDatabase {
  const statements = new Map<string, StatementSync>();
  const log = openLogSync(`${path}-wal`);
  let queue: Queued[] = [];
  let failure: NodeError | undefined;

  const prepare = (sql: string): StatementSync => {
    const known = statements.get(sql);
    if (known !== undefined) return known;
    const statement = database.prepare(sql);
    statements.set(sql, statement);
    return statement;
  };

  /** After a failed write or sync no one knows what is on the disk: nothing more is promised. */
  const fail = (error: unknown): NodeError => {
    const reason = failed(path, error);
    if (reason.code !== "node/store-full") failure = reason;
    return reason;
  };

  const flush = (): void => {
    const batches = queue;
    queue = [];
    if (batches.length === 0) return;
    let outcomes: readonly Outcome[];
    try {
      outcomes = runTogether(database, prepare, batches);
    } catch (error) {
      const reason = severe(error) ? fail(error) : failed(path, error);
      for (const batch of batches) batch.reject(reason);
      return;
    }
    const promised = outcomes.filter(({ batch, failed: isFailed }) => batch.durable && !isFailed);
    for (const outcome of outcomes) if (!promised.includes(outcome)) outcome.settle();
    if (promised.length === 0) return;
    log.request((error) => {
      const reason = error === undefined ? failure : fail(error);
      for (const { batch, settle } of promised) {
        if (reason === undefined) settle();
        else batch.reject(reason);
      }
    });
  };

  const commit = <T>(run: () => T, { durable = true }: CommitOptions = {}): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      if (failure !== undefined) return reject(failure);
      if (!database.isOpen) return reject(closed(path));
      if (queue.length >= MAX_QUEUED_BATCHES) return reject(overloaded(path));
      if (queue.length === 0) setImmediate(flush);
      queue.push({ run, durable, resolve: (value) => resolve(value as T), reject });
    });

  return {
    prepare,
    commit,
    close: () => {
      if (!database.isOpen) return;
      flush();
      log.close();
      database.close();
    },
  };
}

/** What became of a batch inside its transaction. */
interface Outcome {
  readonly batch: Queued;
  readonly failed: boolean;
  readonly settle: () => void;
}

/** Runs `batches` in one transaction; answers, once it is committed, what became of each. */
function runTogether(
  database: DatabaseSync,
  prepare: SqliteDatabase["prepare"],
  batches: readonly Queued[],
): readonly Outcome[] {
  const outcomes: Outcome[] = [];
  prepare("BEGIN IMMEDIATE").run();
  try {
    for (const batch of batches) {
      prepare("SAVEPOINT batch").run();
      try {
        const value = batch.run();
        outcomes.push({ batch, failed: false, settle: () => batch.resolve(value) });
      } catch (error) {
        if (!database.isTransaction || severe(error)) throw error;
        prepare("ROLLBACK TO batch").run();
        outcomes.push({ batch, failed: true, settle: () => batch.reject(error) });
      }
      prepare("RELEASE batch").run();
    }
    prepare("COMMIT").run();
    return outcomes;
  } catch (error) {
    if (database.isTransaction) database.exec("ROLLBACK");
    throw error;
  }
}

const SQLITE_BUSY = 5;
const SQLITE_IO_ERROR = 10;
const SQLITE_CORRUPT = 11;
const SQLITE_FULL = 13;
const SQLITE_CONSTRAINT = 19;

/** SQLite's primary result code (https://sqlite.org/rescode.html) of what it threw; undefined for other errors. */
function resultCode(error: unknown): number | undefined {
  const code = error instanceof Error ? (error as { errcode?: unknown }).errcode : undefined;
  return typeof code === "number" ? code & 0xff : undefined;
}

/** Whether SQLite refused a row: a key that is there already, or a parent that isn't. */
export function isConstraintError(error: unknown): boolean {
  return resultCode(error) === SQLITE_CONSTRAINT;
}

/** Whether another process has the file. */
export function isBusyError(error: unknown): boolean {
  return resultCode(error) === SQLITE_BUSY;
}

function severe(error: unknown): boolean {
  const code = resultCode(error);
  return code === SQLITE_IO_ERROR || code === SQLITE_CORRUPT || code === SQLITE_FULL;
}

function failed(path: string, error: unknown): NodeError {
  const code: NodeErrorCode = resultCode(error) === SQLITE_FULL ? "node/store-full" : "node/store-failed";
  const hint =
    code === "node/store-full"
      ? "Free space on the disk of the data folder."
      : "Check the disk of the data folder, then start the node again: nothing more is written until then.";
  return new NodeError(code, `Cannot write to "${path}": ${messageOf(error)}`, { cause: error, hint });
}

function unusable(path: string, error: unknown): NodeError {
  return new NodeError("node/store-unusable", `Cannot open "${path}": ${messageOf(error)}`, {
    cause: error,
    hint: hintOf(resultCode(error)),
  });
}

function hintOf(code: number | undefined): string {
  if (code === SQLITE_FULL) return "Free space on the disk of the data folder.";
  if (code === SQLITE_IO_ERROR) return "Check that the disk of the data folder has room, and no faults.";
  return "Check that the data folder is writable and that the file is a database of this program.";
}

function closed(path: string): NodeError {
  return new NodeError("node/store-closed", `Cannot write to "${path}": it is closed`);
}

function overloaded(path: string): NodeError {
  const state = `${MAX_QUEUED_BATCHES} writes are waiting already`;
  return new NodeError("node/overloaded", `Cannot write to "${path}": ${state}`);
}
