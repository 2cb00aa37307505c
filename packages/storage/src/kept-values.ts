/** Values that are kept for the next time, the last used for longest, while together they weigh no more than a limit. */
export class KeptValues<T> {
  readonly #maxBytes: number;
  /** The longest unused first. */
  readonly #kept = new Map<string, { readonly value: T; readonly bytes: number }>();
  readonly #dropped: (value: T) => void;
  #keptBytes = 0;

  /** `dropped` is called for each value that is kept no longer, in the very moment. */
  constructor(maxBytes: number, dropped: (value: T) => void = () => {}) {
    this.#maxBytes = maxBytes;
    this.#dropped = dropped;
  }

  get(key: string): T | undefined {
    const found = this.#kept.get(key);
    if (found === undefined) return undefined;
    this.#kept.delete(key);
    this.#kept.set(key, found);
    return found.value;
  }

  /** Keeps `value`, which takes `bytes`, in the place of what is unused for longest. */
  put(key: string, value: T, bytes: number): void {
    this.#drop(key);
    this.#kept.set(key, { value, bytes });
    this.#keptBytes += bytes;
    for (const oldest of this.#kept.keys()) {
      if (this.#keptBytes <= this.#maxBytes) return;
      this.#drop(oldest);
    }
  }

  clear(): void {
    this.#kept.clear();
    this.#keptBytes = 0;
  }

  #drop(key: string): void {
    const dropped = this.#kept.get(key);
    if (dropped === undefined) return;
    this.#keptBytes -= dropped.bytes;
    this.#kept.delete(key);
    this.#dropped(dropped.value);
  }
}
