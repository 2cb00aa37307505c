import type { Announcement, Clock } from "@gadus/protocol";
import type { PeerView } from "@gadus/transport";
import type { Membership } from "./membership.ts";

/** What this requester knows of a node. */
export interface NodeView {
  readonly nodeId: string;
  readonly connected: boolean;
  /** As a multiaddr, as this node sees it. */
  readonly address: string | undefined;
  /** Its last announcement that hasn't expired. */
  readonly announcement: Announcement | undefined;
  readonly announcedAtMs: number | undefined;
  readonly connectedSinceMs: number | undefined;
  readonly disconnectedSinceMs: number | undefined;
  readonly membership: Membership;
  /** Asks in a row that it let pass without an answer. */
  readonly unanswered: number;
  /** Of the room that it announced last, how many places this requester has asked for since. */
  readonly taken: number;
}

/** Who gets jobs. */
export interface MembershipRule {
  /** Of nodes that nothing was decided of. */
  readonly byDefault: Membership;
  /** This node, which is always approved. */
  readonly own?: string;
}

/** The most nodes that a requester remembers; the ones heard of longest ago give way. */
const MAX_NODES = 10_000;

/** The nodes that this requester knows of, by what the transport tells. */
export class NodeTable {
  readonly #clock: Clock;
  readonly #rule: MembershipRule;
  readonly #nodes = new Map<string, NodeView>();
  readonly #decided = new Map<string, Membership>();
  #changes = 0;

  constructor(clock: Clock, rule: MembershipRule = { byDefault: "approved" }) {
    this.#clock = clock;
    this.#rule = rule;
  }

  /** Takes what was decided of nodes; undefined takes a decision back. */
  decided(nodeId: string, membership: Membership | undefined): void {
    if (membership === undefined) this.#decided.delete(nodeId);
    else this.#decided.set(nodeId, membership);
    if (this.#nodes.has(nodeId)) this.#update(nodeId, {});
  }

  /** Forgets a node that isn't connected; answers whether it is forgotten. */
  forget(nodeId: string): boolean {
    if (this.#nodes.get(nodeId)?.connected === true) return false;
    this.#changes += 1;
    this.#nodes.delete(nodeId);
    return true;
  }

  /** Grows whenever a node comes, goes, or tells of itself. */
  get changes(): number {
    return this.#changes;
  }

  connected(peer: PeerView): void {
    const { nodeId, address } = peer;
    const now = this.#clock.nowMs();
    this.#update(nodeId, { connected: true, address, connectedSinceMs: now, disconnectedSinceMs: undefined });
  }

  disconnected(nodeId: string): void {
    this.#update(nodeId, { connected: false, disconnectedSinceMs: this.#clock.nowMs() });
  }

  announced(nodeId: string, announcement: Announcement): void {
    this.#update(nodeId, { announcement, announcedAtMs: this.#clock.nowMs(), taken: 0 });
  }

  /** Notes that `nodeId` answered, or that it let an ask pass. */
  answered(nodeId: string, inTime: boolean): void {
    const unanswered = inTime ? 0 : (this.#nodes.get(nodeId)?.unanswered ?? 0) + 1;
    if (this.#nodes.get(nodeId)?.unanswered !== unanswered) this.#update(nodeId, { unanswered });
  }

  /** Notes that `nodeId` was asked for one place more, or that one was given back. */
  took(nodeId: string, places: 1 | -1): void {
    const known = this.#nodes.get(nodeId);
    if (known !== undefined) this.#nodes.set(nodeId, { ...known, taken: Math.max(0, known.taken + places) });
  }

  /** A node, without its announcement where that has expired. */
  node(nodeId: string): NodeView | undefined {
    const node = this.#nodes.get(nodeId);
    return node === undefined || isCurrent(node, this.#clock.nowMs()) ? node : withoutAnnouncement(node);
  }

  /** Takes it that of all nodes only `peers` are connected. */
  restart(peers: readonly PeerView[]): void {
    const here = new Set(peers.map(({ nodeId }) => nodeId));
    const gone = Array.from(this.#nodes.values()).filter((node) => node.connected && !here.has(node.nodeId));
    for (const { nodeId } of gone) this.disconnected(nodeId);
    for (const peer of peers) this.connected(peer);
  }

  /** Every node, with expired announcements left out. */
  views(): readonly NodeView[] {
    const now = this.#clock.nowMs();
    return Array.from(this.#nodes.values(), (node) =>
      isCurrent(node, now) ? node : withoutAnnouncement(node),
    );
  }

  #update(nodeId: string, change: Partial<NodeView>): void {
    this.#changes += 1;
    const known = this.#nodes.get(nodeId) ?? unknownNode(nodeId);
    this.#nodes.delete(nodeId);
    this.#nodes.set(nodeId, { ...known, ...change, membership: this.#membershipOf(nodeId) });
    if (this.#nodes.size > MAX_NODES) this.#forgetOne();
  }

  #membershipOf(nodeId: string): Membership {
    if (nodeId === this.#rule.own) return "approved";
    return this.#decided.get(nodeId) ?? this.#rule.byDefault;
  }

  #forgetOne(): void {
    for (const [nodeId, node] of this.#nodes) {
      if (node.connected) continue;
      this.#nodes.delete(nodeId);
      return;
    }
  }
}

function unknownNode(nodeId: string): NodeView {
  return {
    nodeId,
    connected: false,
    address: undefined,
    announcement: undefined,
    announcedAtMs: undefined,
    connectedSinceMs: undefined,
    disconnectedSinceMs: undefined,
    membership: "pending",
    unanswered: 0,
    taken: 0,
  };
}

function isCurrent(node: NodeView, nowMs: number): boolean {
  if (node.announcement === undefined || node.announcedAtMs === undefined) return true;
  return nowMs < node.announcedAtMs + node.announcement.ttlMs;
}

function withoutAnnouncement(node: NodeView): NodeView {
  return { ...node, announcement: undefined, announcedAtMs: undefined };
}
