import { orderKey } from "./rank-nodes.ts";
import type { ExecutionRecord } from "./records.ts";

/** Which bids are accepted, and which rejected. */
export interface Selection {
  readonly accepted: readonly ExecutionRecord[];
  readonly rejected: readonly ExecutionRecord[];
}

/**
 * Chooses `count` among `bids`, one a group.
 *
 * Never simply the first to come: a fast liar would win. The order comes from a seed that only the requester knows.
 */
export function selectBids(bids: readonly ExecutionRecord[], count: number, seed: string): Selection {
  const ordered = bids
    .map((bid) => ({ bid, order: orderKey(seed, bid.partition, "accept", bid.nodeId) }))
    .sort((a, b) => (a.order < b.order ? -1 : 1))
    .map(({ bid }) => bid);
  const groups = new Set<string>();
  const accepted: ExecutionRecord[] = [];
  for (const bid of ordered) {
    if (accepted.length === count) break;
    if (groups.has(bid.group)) continue;
    groups.add(bid.group);
    accepted.push(bid);
  }
  return { accepted, rejected: ordered.filter((bid) => !accepted.includes(bid)) };
}
