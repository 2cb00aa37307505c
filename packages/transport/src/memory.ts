import { type Clock, type Logger, type Randomness, silentLogger } from "@gadus/protocol";
import { createIdentityRegistry } from "./memory-identity.ts";
import { createLogDesk } from "./answer-logs.ts";
import { createListeners } from "./listeners.ts";
import { createMemoryTransport } from "./memory-transport.ts";
import type { Hop, MemoryLink, MemoryNode, Switchboard } from "./switchboard.ts";
import type { Transport } from "./transport.ts";

import { TransportError } from "./transport-error.ts";

export type { Hop } from "./switchboard.ts";

export interface MemoryNetworkOptions {
  readonly clock: Clock;
  /** From which the nodes' secrets come. @default the runtime's own */
  readonly randomness?: Randomness;
  readonly logger?: Logger;
  /**
   * Decides when `hop` arrives, in milliseconds from now: once for each number, so none is a loss and two a
   * repetition. Of a dial only counts whether there is a number. Unequal delays reorder.
   *
   * @default always `[0]`
   */
  readonly route?: (hop: Hop) => readonly number[];
}

/** A network inside one process: the same messages as on the wire, without the wire. */
export interface MemoryNetwork {
  /**
   * A transport, not started, of the node `nodeId`; starting it takes the place of an earlier one of that id.
   *
   * @default the next of `node-1`, `node-2`, …
   */
  join(nodeId?: string): Transport;
  /** Breaks the connection between two nodes; what is under way on it is lost. They may connect again. */
  cut(a: string, b: string): void;
}

/** A network of transports in this process, wholly determined by its clock, randomness and route. */
export function memoryNetwork(options: MemoryNetworkOptions): MemoryNetwork {
  const { logger = silentLogger } = options;
  const switchboard = createSwitchboard(options);
  const newSecret = () => options.randomness?.bytes(32) ?? crypto.getRandomValues(new Uint8Array(32));
  const registry = createIdentityRegistry(newSecret);
  let joined = 0;

  return {
    join(nodeId = `node-${++joined}`) {
      return createMemoryTransport(switchboard, registry.identityOf(nodeId), {
        listeners: createListeners(logger),
        logs: createLogDesk(logger),
      });
    },
    cut(a, b) {
      const link = switchboard
        .nodes()
        .find((node) => node.nodeId === a)
        ?.links.get(b);
      if (link !== undefined) breakLink(link);
    },
  };
}

function createSwitchboard({ clock, route = () => [0] }: MemoryNetworkOptions): Switchboard {
  const nodes = new Map<string, MemoryNode>();

  return {
    clock,
    attach(node) {
      const earlier = nodes.get(node.nodeId);
      if (earlier !== undefined) detach(nodes, earlier);
      nodes.set(node.nodeId, node);
    },
    detach: (node) => detach(nodes, node),
    nodes: () => [...nodes.values()],
    connect(from, to) {
      const standing = from.links.get(to);
      if (standing !== undefined) return standing;
      const node = nodes.get(to);
      if (node === undefined || route({ from: from.nodeId, to, kind: "dial" }).length === 0) {
        const state = node === undefined ? "no such node is started" : "the network dropped the dial";
        throw new TransportError("transport/unreachable", `Cannot reach node ${to}: ${state}`);
      }
      const link: MemoryLink = {
        sinceMs: clock.nowMs(),
        nodes: [from, node],
        open: true,
        broken: new AbortController(),
        underWay: new Map(),
      };
      from.links.set(to, link);
      node.links.set(from.nodeId, link);
      from.onConnected(to, link);
      node.onConnected(from.nodeId, link);
      from.greet(link);
      node.greet(link);
      return link;
    },
    carry(hop, arrive) {
      const delaysMs = route(hop);
      for (const delayMs of delaysMs) clock.setTimer(delayMs, arrive);
      return delaysMs.length;
    },
  };
}

function detach(nodes: Map<string, MemoryNode>, node: MemoryNode): void {
  if (nodes.get(node.nodeId) === node) nodes.delete(node.nodeId);
  node.started = false;
  for (const link of node.links.values()) breakLink(link);
}

function breakLink(link: MemoryLink): void {
  const [a, b] = link.nodes;
  link.open = false;
  link.broken.abort(new Error("its connection closed"));
  a.links.delete(b.nodeId);
  b.links.delete(a.nodeId);
  a.onDisconnected(b.nodeId);
  b.onDisconnected(a.nodeId);
}
