/** A queue between those who put in and one who takes out, of a bounded length: who puts in waits for room. */
export class Channel<T> implements AsyncIterable<T> {
  readonly #max: number;
  #items: T[] = [];
  #room = Promise.withResolvers<void>();
  #news = Promise.withResolvers<void>();
  #end: { readonly error?: unknown } | undefined;

  constructor(max: number) {
    this.#max = max;
  }

  /** Settles once `item` is in. @throws the signal's reason, if `signal` aborts before */
  async put(item: T, signal: AbortSignal): Promise<void> {
    for (;;) {
      signal.throwIfAborted();
      if (this.#items.length < this.#max) break;
      await this.#room.promise;
    }
    this.#items.push(item);
    this.#news.resolve();
  }

  /** Nothing more comes: reading ends, with an error where one is given, once all that is in was taken. */
  end(...error: readonly [] | readonly [unknown]): void {
    this.#end ??= error.length === 0 ? {} : { error: error[0] };
    this.#news.resolve();
  }

  /** Has those who wait for room look at their signal. */
  wake(): void {
    this.#room.resolve();
    this.#room = Promise.withResolvers();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    for (;;) {
      const items = this.#items;
      this.#items = [];
      this.wake();
      yield* items;
      if (this.#items.length > 0) continue;
      if (this.#end !== undefined) {
        if ("error" in this.#end) throw this.#end.error;
        return;
      }
      await this.#news.promise;
      this.#news = Promise.withResolvers();
    }
  }
}
