import type { Clock, LogFrame, LogRequest } from "@gadus/protocol";

/** One thing on its way from one node to another. */
export interface Hop {
  readonly from: string;
  readonly to: string;
  readonly kind: "dial" | "message" | "announcement" | "job-event";
}

/** A started node as the network sees it. */
export interface MemoryNode {
  readonly nodeId: string;
  readonly links: Map<string, MemoryLink>;
  /** False once it has stopped: nothing may arrive any more. */
  started: boolean;
  onConnected(peerId: string, link: MemoryLink): void;
  onDisconnected(peerId: string): void;
  /** Says what a node that has just connected should hear first. */
  greet(link: MemoryLink): void;
  onMessage(from: string, bytes: Uint8Array): void;
  onGossip(kind: GossipKind, author: string, bytes: Uint8Array): void;
  answerLogs(from: string, request: LogRequest, signal: AbortSignal): AsyncIterable<LogFrame>;
}

export type GossipKind = "announcement" | "job-event";

/** The connection of two nodes. */
export interface MemoryLink {
  readonly sinceMs: number;
  readonly nodes: readonly [MemoryNode, MemoryNode];
  open: boolean;
  /** Aborted when it breaks. */
  readonly broken: AbortController;
  /** Messages under way, by their sender's node id. */
  readonly underWay: Map<string, number>;
}

/** What a node needs of its network. */
export interface Switchboard {
  readonly clock: Clock;
  attach(node: MemoryNode): void;
  detach(node: MemoryNode): void;
  /** The started nodes, in the order of their start. */
  nodes(): readonly MemoryNode[];
  /** @throws {TransportError} `transport/unreachable` */
  connect(from: MemoryNode, to: string): MemoryLink;
  /** Calls `arrive` as often as, and when, the route says; answers how often. */
  carry(hop: Hop, arrive: () => void): number;
}
