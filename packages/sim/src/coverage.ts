/** What must really happen in a run of many seeds: what never does isn't tested. */
export const HAPPENINGS = [
  "message lost",
  "message doubled",
  "message overtaken",
  "message blocked",
  "blocked one way only",
  "slow node",
  "connection cut",
  "crash",
  "silent crash",
  "killed between write and sync",
  "power loss",
  "unsynced write lost",
  "scratch lost",
  "full disk hit by requester",
  "full disk hit by compute",
  "full disk hit by results",
  "clock jumped",
  "node joined late",
  "node left",
  "wrong result refuted",
  "wrong result accepted",
  "agreeing refuted",
  "not-run refuted",
  "other-cid refuted",
  "copied proposal refused",
  "replayed proposal refused",
  "silence timed out",
  "other bytes found out",
  "no bytes found out",
  "compute flooded",
  "requester flooded",
  "asks flooded",
  "right result refuted by a cheat",
  "verdict withheld by a cheat",
  "input missing at requester",
  "input missing at node",
  "input broken",
  "queue full",
  "reservations capped",
  "waited in a queue",
  "job waited for nodes",
  "node asked again",
  "submission refused for overload",
  "submission refused by a full disk",
  "placed again after a failure",
  "node given up",
  "execution lost",
  "run again after a restart",
  "more asked for a verdict",
  "late proposal judged by the verdict",
  "publication taken back",
  "publication raced a stop",
  "job stopped",
  "job compacted",
  "job forgotten",
] as const;
export type Happening = (typeof HAPPENINGS)[number];

/** How often each happened. */
export type Counts = Readonly<Partial<Record<Happening, number>>>;

/** Counts what happened. */
export class Coverage {
  readonly #counts: Partial<Record<Happening, number>> = {};

  get counts(): Counts {
    return this.#counts;
  }

  hit(happening: Happening, times = 1): void {
    if (times > 0) this.#counts[happening] = (this.#counts[happening] ?? 0) + times;
  }

  add(counts: Counts): void {
    for (const happening of HAPPENINGS) this.hit(happening, counts[happening] ?? 0);
  }

  /** What didn't happen even once. */
  missing(): readonly Happening[] {
    return HAPPENINGS.filter((happening) => this.#counts[happening] === undefined);
  }

  toString(): string {
    return HAPPENINGS.map((happening) => `${this.#counts[happening] ?? 0} ${happening}`).join(", ");
  }
}
