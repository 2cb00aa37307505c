import type { AskInput } from "./input-channel.ts";
import { releaseBytes } from "./release-bytes.ts";

/** The most that is asked of an input at once. */
export const MAX_BLOCK_BYTES = 1024 * 1024;
/** The least, where the file is as long. */
export const MIN_BLOCK_BYTES = 16 * 1024;
/** What is kept of the inputs of one execution. */
export const MAX_KEPT_BYTES = 4 * 1024 * 1024;
/** Of that, what blocks may take together that go on where another ended. */
const MAX_SEQUENTIAL_BYTES = MAX_KEPT_BYTES / 2;
/** A sequence that wasn't read while so many blocks were fetched counts no more. */
const MAX_IDLE_FETCHES = MAX_SEQUENTIAL_BYTES / MIN_BLOCK_BYTES;

/** A part of a file that is kept in the worker. */
export class InputBlock {
  readonly start: number;
  readonly end: number;
  readonly bytes: Uint8Array;
  /** The size that was aimed at; the next block of the sequence has twice as much. */
  readonly sizeBytes: number;
  /** Whether it began where another ended. */
  readonly goesOn: boolean;
  /** Has its file forget it. */
  readonly drop: () => void;
  /** How many blocks had been fetched when it was read last. */
  usedAt = 0;

  constructor(bytes: Uint8Array, place: Pick<InputBlock, "start" | "sizeBytes" | "goesOn" | "drop">) {
    this.start = place.start;
    this.end = place.start + bytes.length;
    this.bytes = bytes;
    this.sizeBytes = place.sizeBytes;
    this.goesOn = place.goesOn;
    this.drop = place.drop;
  }

  holds(offset: number): boolean {
    return offset >= this.start && offset < this.end;
  }
}

/** What is kept of the inputs of one execution: the blocks last read, within {@link MAX_KEPT_BYTES}. */
export class InputBlocks {
  readonly ask: AskInput;
  /** The longest unused first. */
  readonly #kept = new Set<InputBlock>();
  #keptBytes = 0;
  #fetches = 0;
  #last: InputBlock | undefined;

  constructor(ask: AskInput) {
    this.ask = ask;
  }

  get keptBytes(): number {
    return this.#keptBytes;
  }

  /** Marks `block` as the last one read. */
  use(block: InputBlock): void {
    if (block === this.#last) return;
    this.#last = block;
    block.usedAt = this.#fetches;
    this.#kept.delete(block);
    this.#kept.add(block);
  }

  /** Keeps a block that was fetched, in the place of those that are unused for longest. */
  keep(block: InputBlock): void {
    this.#fetches += 1;
    this.#keptBytes += block.bytes.length;
    this.use(block);
    for (const oldest of this.#kept) {
      if (this.#keptBytes <= MAX_KEPT_BYTES || oldest === block) return;
      this.letGo(oldest);
    }
  }

  letGo(block: InputBlock): void {
    if (!this.#kept.delete(block)) return;
    this.#keptBytes -= block.bytes.length;
    block.drop();
    releaseBytes(block.bytes);
  }

  /**
   * How large the block after `before` is to be: twice as large, as long as each of the sequences that are read in
   * turn can keep its own.
   */
  sizeAfter(before: InputBlock): number {
    let sequences = 1;
    for (const block of this.#kept) {
      const isRead = block.goesOn && this.#fetches - block.usedAt <= MAX_IDLE_FETCHES;
      if (isRead && block !== before) sequences += 1;
    }
    const share = Math.min(MAX_SEQUENTIAL_BYTES / sequences, MAX_BLOCK_BYTES, before.sizeBytes * 2);
    return Math.max(2 ** Math.floor(Math.log2(share)), MIN_BLOCK_BYTES);
  }
}
