/** What is done as a {@link PartQueue} is emptied. */
export interface PartQueueOptions {
  readonly sizeBytes: number;
  /** A part has been used. */
  readonly taken: () => void;
}

/**
 * A file's content that comes in parts, to be read once.
 *
 * Who stops reading it early may read on, or {@link PartQueue.drain} it.
 */
export class PartQueue implements AsyncIterable<Uint8Array> {
  readonly #taken: () => void;
  readonly #pending: Uint8Array[] = [];
  #bytesToCome: number;
  #bytesToRead: number;
  #inUse = false;
  #error: Error | undefined;
  #wake: (() => void) | undefined;

  constructor({ sizeBytes, taken }: PartQueueOptions) {
    this.#bytesToCome = sizeBytes;
    this.#bytesToRead = sizeBytes;
    this.#taken = taken;
  }

  /** How many bytes have not been pushed yet. */
  get bytesToCome(): number {
    return this.#bytesToCome;
  }

  push(bytes: Uint8Array): void {
    this.#bytesToCome -= bytes.length;
    this.#pending.push(bytes);
    this.#wake?.();
  }

  /** Has whoever reads it fail: no more comes. */
  fail(error: Error): void {
    this.#error = error;
    this.#wake?.();
  }

  /** Lets all that is still to come go by. */
  async drain(): Promise<void> {
    while (this.#error === undefined && (await this.#next()).done !== true);
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    return { next: () => this.#next() };
  }

  async #next(): Promise<IteratorResult<Uint8Array>> {
    if (this.#inUse) this.#taken();
    this.#inUse = false;
    while (this.#pending.length === 0 && this.#bytesToRead > 0 && this.#error === undefined) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    if (this.#error !== undefined) throw this.#error;
    const part = this.#pending.shift();
    if (part === undefined) return { done: true, value: undefined };
    this.#bytesToRead -= part.length;
    this.#inUse = true;
    return { done: false, value: part };
  }
}
