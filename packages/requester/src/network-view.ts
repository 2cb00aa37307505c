import type { Verifier } from "@gadus/verifier";
import type { NodeTable, NodeView } from "./node-table.ts";
import type { SelectionView } from "./order-nodes.ts";
import type { RequesterOptions } from "./options.ts";
import type { ReputationTable } from "./reputation-table.ts";
import type { SelectionStrategy } from "./selection-strategy.ts";

/** What the requester knows of the network when it decides. */
export interface NetworkView {
  readonly nodes: readonly NodeView[];
  node(nodeId: string): NodeView | undefined;
  /** Grows whenever what is known of nodes changes. */
  readonly changes: number;
  readonly options: RequesterOptions;
  /** When this requester started, by this node's clock: nodes that have not connected since are gone since then. */
  readonly startedAtMs: number;
  /** Until then nodes may still be connecting: nothing is given up for want of them. */
  readonly settledAtMs: number;
  readonly selection: SelectionView;
}

/** What a view of the network is made from. */
export interface NetworkViewPorts {
  readonly nodes: NodeTable;
  readonly options: RequesterOptions;
  readonly reputations: ReputationTable;
  readonly strategies: ReadonlyMap<string, SelectionStrategy>;
  readonly verifiers: ReadonlyMap<string, Verifier>;
  /** When this requester started. */
  startedAtMs(): number;
}

/** The network as this requester knows it, as of now whenever it is looked at. */
export function viewNetwork(ports: NetworkViewPorts): NetworkView {
  const { nodes, options, reputations, strategies, verifiers } = ports;
  return {
    get nodes() {
      return nodes.views();
    },
    node: (nodeId) => nodes.node(nodeId),
    get changes() {
      return nodes.changes;
    },
    options,
    get startedAtMs() {
      return ports.startedAtMs();
    },
    get settledAtMs() {
      return ports.startedAtMs() + options.settleMs;
    },
    selection: {
      strategies,
      reputationOf: (nodeId) => reputations.of(nodeId),
      compares: (verifier) => verifiers.get(verifier)?.compares !== false,
    },
  };
}

/** Since when a node has been suspected, by this node's clock: no connection to it stands. */
export function goneSinceMs(network: NetworkView, nodeId: string): number | undefined {
  const node = network.node(nodeId);
  if (node?.connected === true) return undefined;
  return Math.max(node?.disconnectedSinceMs ?? 0, network.startedAtMs);
}

/**
 * Until when a job that wants nodes since `sinceMs` may hope for some that have yet to be heard of: all of them, or those
 * that are connected and have not said what they run. In the past where the network has been seen.
 */
export function heardByMs(network: NetworkView, sinceMs: number, nowMs: number): number {
  const { settleMs } = network.options;
  // Peers that come and go without a word must not hold a job up for longer.
  if (nowMs >= sinceMs + settleMs) return sinceMs + settleMs;
  let isSeen = false;
  let latestMs = Number.NEGATIVE_INFINITY;
  for (const { connected, announcement, connectedSinceMs = 0 } of network.nodes) {
    if (!connected) continue;
    if (announcement?.compute !== undefined) isSeen = true;
    else if (announcement === undefined) latestMs = Math.max(latestMs, connectedSinceMs);
  }
  return (isSeen ? Math.min(sinceMs, latestMs) : sinceMs) + settleMs;
}
