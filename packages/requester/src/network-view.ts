import type { NodeView } from "./node-table.ts";
import type { SelectionView } from "./order-nodes.ts";
import type { RequesterOptions } from "./options.ts";

/** What the requester knows of the network when it decides. */
export interface NetworkView {
  readonly nodes: readonly NodeView[];
  node(nodeId: string): NodeView | undefined;
  readonly options: RequesterOptions;
  /** When this requester started, by this node's clock: nodes that have not connected since are gone since then. */
  readonly startedAtMs: number;
  /** Until then nodes may still be connecting: nothing is given up for want of them. */
  readonly settledAtMs: number;
  readonly selection: SelectionView;
}

/** Since when a node has been suspected, by this node's clock: no connection to it stands. */
export function goneSinceMs(network: NetworkView, nodeId: string): number | undefined {
  const node = network.node(nodeId);
  if (node?.connected === true) return undefined;
  return Math.max(node?.disconnectedSinceMs ?? 0, network.startedAtMs);
}
