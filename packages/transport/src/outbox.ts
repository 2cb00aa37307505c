import { TransportError } from "./transport-error.ts";
import { MAX_QUEUED_BYTES, MAX_QUEUED_MESSAGES } from "./limits.ts";

/** What is taken from an outbox at a time: encoded messages in the order of their sending. */
export interface Batch {
  readonly frames: readonly Uint8Array[];
  /** Settles the calls that put the frames in. */
  settle(): void;
  /** Puts the frames back before all others, as they couldn't be written. */
  putBack(): void;
}

/** Messages that wait for one peer, bounded in count and bytes. */
export interface Outbox {
  readonly size: number;
  /**
   * Appends a message; settles when it was taken.
   *
   * @throws {TransportError} `transport/overloaded`; whatever {@link rejectAll} is given; the signal's reason
   */
  put(bytes: Uint8Array, signal?: AbortSignal): Promise<void>;
  /** Puts a message before all others, without bound: for the first words on a new stream. */
  putFirst(bytes: Uint8Array): void;
  /** Takes messages until they make `maxBytes`; undefined where there are none. */
  take(maxBytes: number): Batch | undefined;
  rejectAll(error: Error): void;
}

interface Entry {
  readonly bytes: Uint8Array;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export function createOutbox(peerId: string): Outbox {
  // The entries before `next` have been taken; they are cut off when they are half of all.
  let entries: Entry[] = [];
  let next = 0;
  let queuedBytes = 0;

  function compact(): void {
    if (next * 2 < entries.length) return;
    entries = entries.slice(next);
    next = 0;
  }

  function remove(entry: Entry): boolean {
    const index = entries.indexOf(entry, next);
    if (index === -1) return false;
    entries.splice(index, 1);
    queuedBytes -= entry.bytes.length;
    return true;
  }

  function putBefore(first: readonly Entry[]): void {
    entries = [...first, ...entries.slice(next)];
    next = 0;
    for (const { bytes } of first) queuedBytes += bytes.length;
  }

  return {
    get size() {
      return entries.length - next;
    },
    async put(bytes, signal) {
      signal?.throwIfAborted();
      const count = entries.length - next;
      if (count >= MAX_QUEUED_MESSAGES || queuedBytes + bytes.length > MAX_QUEUED_BYTES) {
        const state = `${count} messages of ${queuedBytes} bytes wait for it already`;
        throw new TransportError("transport/overloaded", `Cannot send to node ${peerId}: ${state}`);
      }
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const entry = { bytes, resolve, reject };
      entries.push(entry);
      queuedBytes += bytes.length;
      if (signal === undefined) return promise;
      const onAbort = () => {
        if (remove(entry)) reject(signal.reason as Error);
      };
      signal.addEventListener("abort", onAbort, { once: true });
      return promise.finally(() => signal.removeEventListener("abort", onAbort));
    },
    putFirst: (bytes) => putBefore([{ bytes, resolve: () => {}, reject: () => {} }]),
    take(maxBytes) {
      const taken: Entry[] = [];
      for (let bytes = 0; bytes < maxBytes; next++) {
        const entry = entries[next];
        if (entry === undefined) break;
        taken.push(entry);
        bytes += entry.bytes.length;
        queuedBytes -= entry.bytes.length;
      }
      compact();
      if (taken.length === 0) return undefined;
      return {
        frames: taken.map(({ bytes }) => bytes),
        settle: () => {
          for (const { resolve } of taken) resolve();
        },
        putBack: () => putBefore(taken),
      };
    },
    rejectAll(error) {
      const rejected = entries.slice(next);
      entries = [];
      next = 0;
      queuedBytes = 0;
      for (const { reject } of rejected) reject(error);
    },
  };
}
