import type { EndedExecution } from "./records.ts";

/** How many publications are kept in mind, and for how long. */
export interface UnconfirmedLimits {
  readonly max: number;
  readonly keepMs: number;
}

/**
 * Publications of which their requester hasn't said yet how the execution ended there.
 *
 * A requester that stopped the job before it heard of a publication wants it taken back, and what says so may be lost:
 * so it is told of each again until it answers.
 */
export class UnconfirmedPublications {
  readonly #limits: UnconfirmedLimits;
  readonly #dropped: (ended: EndedExecution) => void;
  /** By requester and execution, in the order of their ends. */
  readonly #ended = new Map<string, EndedExecution>();

  /** `dropped` hears of each that is told no more though its requester never answered. */
  constructor(limits: UnconfirmedLimits, dropped: (ended: EndedExecution) => void) {
    this.#limits = limits;
    this.#dropped = dropped;
  }

  get size(): number {
    return this.#ended.size;
  }

  add(ended: EndedExecution, nowMs: number): void {
    this.#ended.set(keyOf(ended.requester, ended.executionId), ended);
    const { max, keepMs } = this.#limits;
    for (const [key, oldest] of this.#ended) {
      if (oldest.endedAtMs >= nowMs - keepMs && this.#ended.size <= max) return;
      this.#ended.delete(key);
      this.#dropped(oldest);
    }
  }

  /** Those of `requester`. */
  of(requester: string): readonly EndedExecution[] {
    return [...this.#ended.values()].filter((ended) => ended.requester === requester);
  }

  requesters(): readonly string[] {
    return [...new Set(Array.from(this.#ended.values(), ({ requester }) => requester))];
  }

  /** Its requester has said how it ended there. */
  confirm(requester: string, executionId: string): void {
    this.#ended.delete(keyOf(requester, executionId));
  }

  clear(): void {
    this.#ended.clear();
  }
}

function keyOf(requester: string, executionId: string): string {
  return `${requester}\n${executionId}`;
}
