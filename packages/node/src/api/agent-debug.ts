import type { Json } from "./api-shapes.ts";

/** What a node knows of itself and of its network just now. */
export interface DebugFacts {
  readonly nodeId: string;
  readonly version: string;
  readonly addresses: readonly string[];
  readonly peers: readonly { readonly nodeId: string; readonly address: string | undefined }[];
  readonly roles: readonly string[];
}

/** What helps to find out what is wrong with a node: nothing secret, and nothing of jobs. */
export function debugShape({ nodeId, version, addresses, peers, roles }: DebugFacts): Json {
  const { rss, heapUsed, external } = process.memoryUsage();
  return {
    NodeID: nodeId,
    Version: version,
    Roles: roles,
    Addresses: addresses,
    Peers: peers.map((peer) => ({ NodeID: peer.nodeId, Address: peer.address ?? "" })),
    Process: {
      NodeVersion: process.version,
      Platform: `${process.platform}/${process.arch}`,
      UptimeSeconds: Math.round(process.uptime()),
      MemoryBytes: { Resident: rss, Heap: heapUsed, External: external },
    },
  };
}
