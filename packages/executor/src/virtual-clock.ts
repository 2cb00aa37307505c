/** What one look at the clock costs: 1 µs, also the clock's resolution. */
export const TICK_NS = 1000n;
const NS_PER_MS = 1_000_000n;

/** Time that passes only by being looked at or slept through, so that each run sees the same. */
export class VirtualClock {
  readonly #epochNs: bigint;
  #elapsedNs = 0n;

  /** @param epochMs milliseconds since 1970 at which it starts */
  constructor(epochMs: number) {
    this.#epochNs = BigInt(epochMs) * NS_PER_MS;
  }

  /** Nanoseconds since 1970, without letting any pass. */
  stampNs(): bigint {
    return this.#epochNs + this.#elapsedNs;
  }

  /** Nanoseconds since the start, without letting any pass. */
  elapsedNs(): bigint {
    return this.#elapsedNs;
  }

  /** Lets one tick pass. */
  tick(): void {
    this.#elapsedNs += TICK_NS;
  }

  /** Lets time pass until `elapsedNs` after the start, if that is still to come. */
  sleepUntil(elapsedNs: bigint): void {
    if (elapsedNs > this.#elapsedNs) this.#elapsedNs = elapsedNs;
  }
}
