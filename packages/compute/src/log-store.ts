import type { LogOutput, OutputName } from "@gadus/protocol";

/** Part of what an execution printed, of at most {@link MAX_LOG_BYTES}. */
export type LogChunk = Omit<LogOutput, "type">;

export interface LogReadOptions {
  /** Where to begin, in bytes of both streams together. */
  readonly fromBytes: number;
  /**
   * Whether to go on until the journal has ended, and to wait for one that hasn't begun, or was never ended, to begin
   * anew; otherwise what is there now is all.
   */
  readonly follow: boolean;
  readonly signal: AbortSignal;
}

/** What may be kept of journals that have ended. */
export interface LogBounds {
  /** Those that ended before are dropped. */
  readonly beforeMs: number;
  /** On disk, all together. */
  readonly maxBytes: number;
  readonly maxJournals: number;
}

/**
 * Keeps what executions print: for each key a journal of bytes of two streams, in the order in which they came.
 *
 * Writing takes effect at once and waits for nobody who reads. What a power loss takes is not missed: the run that it
 * ended begins anew.
 */
export interface LogStore {
  /**
   * Begins the journal of `key` anew; who reads an earlier one goes on in it at the byte where it was.
   *
   * @throws {StorageError} `storage/full`
   */
  begin(key: string): void;
  /**
   * Adds to a journal that has begun; to any other, nothing.
   *
   * @throws {StorageError} `storage/full`
   */
  append(key: string, stream: OutputName, bytes: Uint8Array): void;
  /** Ends the journal of `key`, and every reading that waits for one; once more does nothing. Never throws. */
  end(key: string): void;
  has(key: string): boolean;
  /** What the journal of `key` holds, read as it is taken: who is slow holds up nobody and grows nothing. */
  read(key: string, options: LogReadOptions): AsyncIterable<LogChunk>;
  /** Drops what is beyond `bounds`, the journals that ended first before the others. */
  purge(bounds: LogBounds): Promise<void>;
  /** Lets go of what has begun and not ended, as it is. */
  close(): void;
}
