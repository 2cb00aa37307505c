import type { CallOptions } from "@gadus/protocol";

interface Work<T> {
  readonly result: Promise<T>;
  readonly controller: AbortController;
  readonly listeners: Set<(message: string) => void>;
}

/** Work that several wait for and that is done once: it ends with the last that waits for it. */
export class Shared<T> {
  readonly #atOnce: number;
  readonly #waiting: (() => void)[] = [];
  #busy = 0;
  readonly #works = new Map<string, Work<T>>();

  /** At most `atOnce` are under way at one time; others wait for their turn. */
  constructor(atOnce: number) {
    this.#atOnce = atOnce;
  }

  get size(): number {
    return this.#works.size;
  }

  has(key: string): boolean {
    return this.#works.has(key);
  }

  /**
   * What the work under `key` yields; `begin` is called where there is none.
   *
   * @throws the signal's reason, if `signal` aborts: the others wait on
   */
  async run(
    key: string,
    begin: (tell: (message: string) => void, signal: AbortSignal) => Promise<T>,
    progress: (message: string) => void,
    { signal }: CallOptions,
  ): Promise<T> {
    signal?.throwIfAborted();
    const work = this.#works.get(key) ?? this.#begin(key, begin);
    work.listeners.add(progress);
    const aborted = Promise.withResolvers<never>();
    const abort = (): void => aborted.reject(signal?.reason as Error);
    signal?.addEventListener("abort", abort, { once: true });
    try {
      return await Promise.race([work.result, aborted.promise]);
    } finally {
      signal?.removeEventListener("abort", abort);
      work.listeners.delete(progress);
      if (work.listeners.size === 0) {
        work.controller.abort(new Error("nobody waits for it any more"));
        if (this.#works.get(key) === work) this.#works.delete(key);
      }
    }
  }

  #begin(key: string, begin: (tell: (message: string) => void, signal: AbortSignal) => Promise<T>): Work<T> {
    const controller = new AbortController();
    const listeners = new Set<(message: string) => void>();
    const tell = (message: string): void => {
      for (const listener of listeners) listener(message);
    };
    const result = this.#inTurn(() => begin(tell, controller.signal), controller.signal);
    result.catch(() => {});
    const work: Work<T> = { result, controller, listeners };
    this.#works.set(key, work);
    return work;
  }

  async #inTurn(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    if (this.#busy >= this.#atOnce) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#busy += 1;
    try {
      signal.throwIfAborted();
      return await work();
    } finally {
      this.#busy -= 1;
      this.#waiting.shift()?.();
    }
  }
}
