import { bandOf } from "./reputation.ts";
import { type Choice, freeFirst, type SelectionStrategy } from "./selection-strategy.ts";

/** The share of partitions whose nodes are chosen from all but the refuted: else who is new would stay so. */
const EXPLORING = 0.25;

const GOOD = 0;
const NEUTRAL = 1;
const POOR = 2;
const REFUTED = 3;
const RANKS = { good: GOOD, neutral: NEUTRAL, poor: POOR, refuted: REFUTED } as const;

/**
 * By what the requester itself saw, in bands: good nodes, those that it doesn't know, those that often fail, are late
 * or don't answer now, and last those that were refuted lately. Within a band, where results aren't compared, those
 * that are free go before those that would queue; then the seed decides: good nodes share the load. For every fourth
 * partition, which only the seed tells, all but the refuted count the same.
 */
export const reputationSelection: SelectionStrategy = {
  type: "reputation",
  compare: (a, b, { chance }) => {
    const explores = chance < EXPLORING;
    return rankOf(a, explores) - rankOf(b, explores) || freeFirst(a, b);
  },
};

function rankOf({ reputation, unanswered }: Choice, explores: boolean): number {
  const rank = RANKS[bandOf(reputation)];
  if (rank === REFUTED) return REFUTED;
  if (explores) return NEUTRAL;
  return unanswered > 0 ? POOR : rank;
}
