import { type Clock, type Logger, messageOf, type Timer } from "@gadus/protocol";
import type { RequesterOptions } from "./options.ts";
import { MAX_REPUTATIONS } from "./reputation-table.ts";
import type { RequesterStore } from "./store.ts";

/** Between looks at what could be given up. */
const INTERVAL_MS = 600_000;
/** Between batches while there is more: other work has its turn. */
const PAUSE_MS = 1_000;
/** Rows that one batch removes. */
const ROWS_A_BATCH = 1_000;
/** Nothing is removed before the clock has gone with the timers for this long: one that is wrong is set right by then. */
const STEADY_MS = 3_600_000;
/** How far the clock may go off the timers from one look to the next. */
const TOLERANCE_MS = 60_000;

/** What housekeeping works with. */
export interface HousekeepingPorts {
  readonly store: RequesterStore;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly options: Pick<RequesterOptions, "keepFinishedMs" | "forgetFinishedMs">;
}

/**
 * Compacts finished jobs, and forgets them, in small batches off every job's path, until it is stopped.
 *
 * How long ago a job ended is read off the clock, and what is removed doesn't come back: after a start, and after a
 * jump of the clock, nothing is removed until the clock has been steady for an hour.
 */
export class Housekeeping {
  readonly #ports: HousekeepingPorts;
  #timer: Timer | undefined;
  #underWay: Promise<void> = Promise.resolve();
  #stopped = true;
  /** For how long, by the timers, the clock hasn't jumped. */
  #steadyMs = 0;

  constructor(ports: HousekeepingPorts) {
    this.#ports = ports;
  }

  start(): void {
    this.#stopped = false;
    this.#steadyMs = 0;
    this.#later(INTERVAL_MS);
  }

  /** Settles once nothing is removed any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    await this.#underWay;
  }

  #later(delayMs: number): void {
    if (this.#stopped) return;
    const { clock } = this.#ports;
    const setAtMs = clock.nowMs();
    this.#timer = clock.setTimer(delayMs, () => {
      const offMs = clock.nowMs() - setAtMs - delayMs;
      this.#steadyMs = Math.abs(offMs) > TOLERANCE_MS ? 0 : this.#steadyMs + delayMs;
      this.#underWay = this.#clean().then(
        (more) => this.#later(more ? PAUSE_MS : INTERVAL_MS),
        (error: unknown) => {
          this.#ports.logger.warn("Cannot remove what finished jobs left: it is tried again", {
            error: messageOf(error),
          });
          this.#later(INTERVAL_MS);
        },
      );
    });
  }

  /** Removes one batch; answers whether there is more to remove now. */
  async #clean(): Promise<boolean> {
    if (this.#steadyMs < STEADY_MS) return false;
    const { store, clock, options } = this.#ports;
    const nowMs = clock.nowMs();
    const closedLongerThan = (ms: number) => ({ closedBeforeMs: nowMs - ms, nowMs, maxRows: ROWS_A_BATCH });
    const { keepFinishedMs, forgetFinishedMs } = options;
    const compacted = await store.compact(closedLongerThan(Math.min(keepFinishedMs, forgetFinishedMs)));
    const forgotten = await store.forget(closedLongerThan(forgetFinishedMs));
    await store.forgetReputations(MAX_REPUTATIONS);
    return compacted >= ROWS_A_BATCH || forgotten >= ROWS_A_BATCH;
  }
}
