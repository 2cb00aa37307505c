/** Work that goes on by itself, so that it can be waited for. */
export class Background {
  readonly #pending = new Set<Promise<void>>();
  readonly #failed: (what: string, error: unknown) => void;

  /** `failed` hears of every rejection. */
  constructor(failed: (what: string, error: unknown) => void) {
    this.#failed = failed;
  }

  add(what: string, work: Promise<unknown>): void {
    const tracked: Promise<void> = work.then(
      () => {
        this.#pending.delete(tracked);
      },
      (error: unknown) => {
        this.#pending.delete(tracked);
        this.#failed(what, error);
      },
    );
    this.#pending.add(tracked);
  }

  /** Settles once nothing goes on any more, what was begun meanwhile included. */
  async idle(): Promise<void> {
    while (this.#pending.size > 0) await Promise.all(this.#pending);
  }
}
