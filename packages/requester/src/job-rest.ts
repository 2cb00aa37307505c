import type { Clock, Timer } from "@gadus/protocol";

/** Executions up to which a step is so short that a job needs no rest. */
const FEW = 64;
/** What a job rests after each step, for each of its executions. */
const REST_MS = 0.02;
/** The longest rest: a stop must not wait for it for long. */
const MAX_REST_MS = 1_000;

/**
 * Rests of a job between its steps, the longer the more executions it has: a step looks at all of them, and what
 * comes meanwhile shares the next one, so that a large job leaves most of the time to others.
 */
export class JobRest {
  readonly #clock: Clock;
  #timer: Timer | undefined;
  #over: Promise<void> = Promise.resolve();
  #wake = (): void => {};

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Settles once the rest after the last step is over. */
  get over(): Promise<void> {
    return this.#over;
  }

  /** A step of a job with so many executions is done. */
  begin(executions: number): void {
    if (executions <= FEW) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#over = promise;
    this.#wake = resolve;
    this.#timer = this.#clock.setTimer(Math.min(executions * REST_MS, MAX_REST_MS), resolve);
  }

  /** Ends the rest at once. */
  end(): void {
    this.#timer?.cancel();
    this.#wake();
  }
}
