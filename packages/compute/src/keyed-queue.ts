/** Runs tasks of one key one after the other, and tasks of different keys side by side. */
export class KeyedQueue {
  readonly #tails = new Map<string, Promise<void>>();

  /** Runs `task` once all earlier ones of `key` have settled: at once where there are none. */
  run<T>(key: string, task: () => Promise<T>): Promise<T> {
    const before = this.#tails.get(key);
    const result = before === undefined ? task() : before.then(task);
    const settled = (): void => {
      if (this.#tails.get(key) === tail) this.#tails.delete(key);
    };
    const tail: Promise<void> = result.then(settled, settled);
    this.#tails.set(key, tail);
    return result;
  }

  /** Settles once every task that is in hand now has settled. */
  async idle(): Promise<void> {
    await Promise.all(this.#tails.values());
  }
}
