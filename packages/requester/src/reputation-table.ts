import type { Clock } from "@gadus/protocol";
import { decay, type Observation, observe, type Reputation } from "./reputation.ts";

/** The most nodes whose reputation a requester keeps; those seen longest ago give way. */
export const MAX_REPUTATIONS = 10_000;

/** What the requester saw of nodes, as it is stored, at hand for every decision. */
export class ReputationTable {
  readonly #clock: Clock;
  readonly #halfLifeMs: number;
  /** Those seen longest ago first. */
  readonly #reputations = new Map<string, Reputation>();

  constructor(clock: Clock, halfLifeMs: number) {
    this.#clock = clock;
    this.#halfLifeMs = halfLifeMs;
  }

  /** Takes what is stored, those seen last first. */
  load(stored: readonly Reputation[]): void {
    this.#reputations.clear();
    for (const reputation of stored.slice(0, MAX_REPUTATIONS).reverse()) {
      this.#reputations.set(reputation.nodeId, reputation);
    }
  }

  /** Takes what is durable by now. */
  learn(observation: Observation): void {
    const { nodeId } = observation;
    const reputation = observe(this.#reputations.get(nodeId), observation);
    this.#reputations.delete(nodeId);
    this.#reputations.set(nodeId, reputation);
    if (this.#reputations.size <= MAX_REPUTATIONS) return;
    for (const oldest of this.#reputations.keys()) {
      this.#reputations.delete(oldest);
      return;
    }
  }

  /** What is known of a node, as of now; undefined where that is nothing. */
  of(nodeId: string): Reputation | undefined {
    const reputation = this.#reputations.get(nodeId);
    return reputation && decay(reputation, this.#clock.nowMs(), this.#halfLifeMs);
  }
}
