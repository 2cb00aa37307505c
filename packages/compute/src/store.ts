import type { CallOptions, CommitOptions } from "@gadus/protocol";
import type {
  AcceptanceRecord,
  AskRecord,
  EndedExecution,
  ExecutionEventRecord,
  ExecutionRecord,
  StoredExecution,
} from "./records.ts";

/**
 * One row to write.
 *
 * An execution replaces the one of the same key and the revision before; revision 1 is new and comes with its
 * `ask`. `ask` and `acceptance` are kept from when they were first given, and not written again.
 */
export type ComputeWrite =
  | {
      readonly kind: "execution";
      readonly execution: ExecutionRecord;
      readonly ask?: AskRecord;
      readonly acceptance?: AcceptanceRecord;
    }
  | { readonly kind: "event"; readonly event: Omit<ExecutionEventRecord, "seq"> };

/** Which events to read, in the order of `seq`. */
export interface ExecutionEventQuery {
  readonly requester?: string;
  readonly executionId?: string;
  /** Only events with a greater `seq`. */
  readonly afterSeq: number;
  readonly limit: number;
}

/** Which ended executions to read. */
export interface EndedQuery {
  /** By this node's clock. */
  readonly sinceMs: number;
  readonly limit: number;
}

/** Which ended executions a store forgets: each that `beforeMs` or `keep` says, oldest end first. */
export interface EndedBounds {
  /** Those that ended before this, by this node's clock. */
  readonly beforeMs: number;
  /** All but this many that ended last. */
  readonly keep: number;
  /** At most this many in one call. */
  readonly limit: number;
}

/** Where a compute node keeps what it has promised. */
export interface ComputeStore {
  /**
   * Writes all of `writes`, in order, or none, and settles once they survive what `options` say.
   *
   * One batch may take an execution over several revisions. Batches that are committed within one turn of the
   * event loop share a transaction; one that is refused doesn't take the others with it. Answers the `seq` of each
   * event, in order.
   *
   * @throws {ComputeError} `compute/stale-write` where a record isn't the next revision, or is new without its ask
   */
  commit(writes: readonly ComputeWrite[], options?: CommitOptions): Promise<readonly number[]>;
  /** Every execution that hasn't ended, in the order of creation. */
  live(options?: CallOptions): AsyncIterable<StoredExecution>;
  /** Of the executions that ended at or after `sinceMs`, the last `limit`, in the order of their ends. */
  ended(query: EndedQuery): Promise<readonly EndedExecution[]>;
  get(requester: string, executionId: string): Promise<StoredExecution | undefined>;
  events(query: ExecutionEventQuery): Promise<readonly ExecutionEventRecord[]>;
  /** Forgets executions that have ended, with their events; answers how many. Those that haven't are never touched. */
  removeEnded(bounds: EndedBounds): Promise<number>;
}
