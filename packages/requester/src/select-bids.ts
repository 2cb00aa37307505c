import type { NetworkView } from "./network-view.ts";
import { type OrderRule, orderNodes } from "./order-nodes.ts";
import type { ExecutionRecord } from "./records.ts";

/** Which bids are accepted, and which rejected. */
export interface Selection {
  readonly accepted: readonly ExecutionRecord[];
  readonly rejected: readonly ExecutionRecord[];
}

/** What bids are chosen by. */
export interface SelectionContext {
  readonly network: Pick<NetworkView, "node">;
  readonly order: OrderRule;
  /** What a bid's `has` calls the task's image; undefined where it has none. */
  readonly image?: string | undefined;
}

/**
 * Chooses `count` among `bids`, one a group.
 *
 * Never simply the first to come: a fast liar would win. The order is the job's own strategy's, then nodes that
 * have the image go first, where results aren't compared, and then it is that of a seed that only the requester knows.
 */
export function selectBids(
  bids: readonly ExecutionRecord[],
  count: number,
  { network, order, image }: SelectionContext,
): Selection {
  const entries = bids.map((bid) => ({
    nodeId: bid.nodeId,
    node: network.node(bid.nodeId),
    hasImage: image !== undefined && bid.has.includes(image),
    bid,
  }));
  const ordered = orderNodes(entries, "accept", order).map(({ bid }) => bid);
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
