/** Rings once so many commits were written. */
export class CommitAlarm {
  readonly #rings = new Map<number, () => void>();
  #count = 0;

  at(count: number, act: () => void): void {
    this.#rings.set(count, act);
  }

  /** One commit more. */
  count(): void {
    this.#count += 1;
    this.#rings.get(this.#count)?.();
  }
}
