import type { Clock, Timer } from "@gadus/protocol";

/** Timers of a node that end with it. */
export class Schedule {
  readonly #clock: Clock;
  readonly #timers = new Map<string, Timer>();
  #ended = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Calls `task` after `delayMs`; does nothing where `name` is due already. */
  once(name: string, delayMs: number, task: () => void): void {
    if (this.#ended || this.#timers.has(name)) return;
    const timer = this.#clock.setTimer(delayMs, () => {
      this.#timers.delete(name);
      task();
    });
    this.#timers.set(name, timer);
  }

  /** Does `task` every so often, the next time only after it has settled; `begun` is given each. */
  every(
    name: string,
    intervalMs: number,
    task: () => Promise<void>,
    begun: (work: Promise<void>) => void,
  ): void {
    this.once(name, intervalMs, () => {
      begun(task().finally(() => this.every(name, intervalMs, task, begun)));
    });
  }

  end(): void {
    this.#ended = true;
    for (const timer of this.#timers.values()) timer.cancel();
    this.#timers.clear();
  }
}
