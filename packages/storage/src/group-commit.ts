import type { DatabaseSync } from "node:sqlite";

/** Runs statements so that all of one turn of the event loop share a transaction. */
export interface GroupCommit {
  /**
   * Settles once the transaction that `action` ran in is committed, and with `durable` survives a power loss.
   *
   * `action` is synchronous and leaves nothing behind where it throws; then all of its turn are rolled back.
   */
  run<T>(action: () => T, durable: boolean): Promise<T>;
  /** Commits what waits, at once. */
  flush(): void;
}

interface Waiting {
  readonly action: () => unknown;
  readonly durable: boolean;
  readonly resolve: (value: never) => void;
  readonly reject: (error: unknown) => void;
}

/** Group commit on `database`, which is in write-ahead mode and used by nobody else meanwhile. */
export function createGroupCommit(database: DatabaseSync): GroupCommit {
  let waiting: Waiting[] = [];

  const flush = (): void => {
    const batch = waiting;
    waiting = [];
    if (batch.length === 0) return;
    const results: unknown[] = [];
    try {
      const durable = batch.some((entry) => entry.durable);
      database.exec(durable ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
      database.exec("BEGIN IMMEDIATE");
      for (const entry of batch) results.push(entry.action());
      database.exec("COMMIT");
    } catch (error) {
      if (database.isOpen && database.isTransaction) database.exec("ROLLBACK");
      for (const entry of batch) entry.reject(error);
      return;
    }
    for (const [index, entry] of batch.entries()) entry.resolve(results[index] as never);
  };

  return {
    run(action, durable) {
      return new Promise((resolve, reject) => {
        if (waiting.length === 0) setImmediate(flush);
        waiting.push({ action, durable, resolve, reject });
      });
    },
    flush,
  };
}
