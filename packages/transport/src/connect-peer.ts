import type { Connection } from "@libp2p/interface";
import { peerIdFromString } from "@libp2p/peer-id";
import { DIAL_TIMEOUT_MS, type GadusLibp2p } from "./libp2p-node.ts";
import { unreachable } from "./unreachable.ts";

/** The newest open connection to a peer, or a new one. @throws {TransportError} `transport/unreachable` */
export async function connectPeer(
  libp2p: GadusLibp2p,
  peerId: string,
  signal: AbortSignal,
): Promise<Connection> {
  try {
    const peer = peerIdFromString(peerId);
    const open = libp2p.getConnections(peer).filter(({ status }) => status === "open");
    const newest = open.reduce<Connection | undefined>(newer, undefined);
    if (newest !== undefined) return newest;
    return await libp2p.dial(peer, {
      signal: AbortSignal.any([signal, AbortSignal.timeout(DIAL_TIMEOUT_MS)]),
    });
  } catch (error) {
    throw unreachable(peerId, error);
  }
}

function newer(a: Connection | undefined, b: Connection): Connection {
  return a !== undefined && a.timeline.open >= b.timeline.open ? a : b;
}
