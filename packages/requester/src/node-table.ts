import type { Announcement } from "@gadus/protocol";

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
}
