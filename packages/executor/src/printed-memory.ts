import type { OutputName } from "@gadus/protocol";

/** Where the counters are, in words: bytes of records that are whole, and whether their reader was told of any. */
const WHOLE = 0;
const TOLD = 1;
const COUNTER_BYTES = 8;
/** Before the bytes of a record: a word of their number, and the highest bit for standard error. */
const HEADER_BYTES = 4;
const STDERR = 0x8000_0000;
const MAX_MEMORY_BYTES = 8 * 1024 * 1024;

/** A part of what a guest printed. */
export interface PrintedPart {
  readonly stream: OutputName;
  readonly bytes: Uint8Array;
}

/**
 * What a guest prints, in memory that its thread shares with the one that hands it on.
 *
 * It is written once, from beginning to end, and never waits for its reader. What no longer fits is left out, and all
 * that follows: it is in the results.
 */
export class PrintedWriter {
  readonly memory: SharedArrayBuffer;
  readonly #words: Int32Array;
  readonly #bytes: Uint8Array;
  /** Where the last record begins, and the next would. */
  #last = -1;
  #next = COUNTER_BYTES;
  #lastStream: OutputName | undefined;
  #full = false;

  /** @param keptBytes of both streams, at most; guests that write a byte here and a byte there need more room */
  constructor(keptBytes: number) {
    const sizeBytes = Math.min(MAX_MEMORY_BYTES, COUNTER_BYTES + 2 * keptBytes);
    this.memory = new SharedArrayBuffer(aligned(sizeBytes));
    this.#words = new Int32Array(this.memory);
    this.#bytes = new Uint8Array(this.memory);
  }

  /** Adds `bytes`; true where their reader is to be told that there is something. */
  write(stream: OutputName, bytes: Uint8Array): boolean {
    if (bytes.length === 0 || this.#full) return false;
    const isMore = stream === this.#lastStream;
    const from = isMore ? this.#next : aligned(this.#next) + HEADER_BYTES;
    if (from + bytes.length > this.memory.byteLength) {
      this.#full = true;
      return false;
    }
    this.#bytes.set(bytes, from);
    if (!isMore) this.#last = from - HEADER_BYTES;
    this.#lastStream = stream;
    this.#next = from + bytes.length;
    const length = this.#next - this.#last - HEADER_BYTES;
    // The header before the counter: a reader never sees a record begun whose length it can't read.
    Atomics.store(this.#words, this.#last / HEADER_BYTES, stream === "stderr" ? length | STDERR : length);
    Atomics.store(this.#words, WHOLE, this.#next);
    return Atomics.exchange(this.#words, TOLD, 1) === 0;
  }
}

/** The other side of a {@link PrintedWriter}, in another thread. */
export class PrintedReader {
  readonly #words: Int32Array;
  readonly #bytes: Uint8Array;
  /** Where the record begins that is read, and how much of it was. */
  #at = COUNTER_BYTES;
  #taken = 0;

  constructor(memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory);
    this.#bytes = new Uint8Array(memory);
  }

  /** Asks to be told of what is written from now on; what was before must be taken after this. */
  expect(): void {
    Atomics.store(this.#words, TOLD, 0);
  }

  /** What was printed since, in order, up to `maxBytes` in `maxParts`; the bytes are a copy. */
  take(maxBytes: number, maxParts: number): readonly PrintedPart[] {
    const parts: PrintedPart[] = [];
    const whole = Atomics.load(this.#words, WHOLE);
    let left = maxBytes;
    while (left > 0 && parts.length < maxParts && this.#at + HEADER_BYTES < whole) {
      const header = Atomics.load(this.#words, this.#at / HEADER_BYTES);
      const from = this.#at + HEADER_BYTES + this.#taken;
      const end = this.#at + HEADER_BYTES + (header & ~STDERR);
      const until = Math.min(end, whole, from + left);
      if (until > from) {
        parts.push({ stream: header < 0 ? "stderr" : "stdout", bytes: this.#bytes.slice(from, until) });
        left -= until - from;
        this.#taken += until - from;
      }
      // The last record may go on: the next one begins where something is after it.
      if (until < end || aligned(end) >= whole) break;
      this.#at = aligned(end);
      this.#taken = 0;
    }
    return parts;
  }
}

function aligned(bytes: number): number {
  return Math.ceil(bytes / HEADER_BYTES) * HEADER_BYTES;
}
