import type { Clock, Logger } from "@gadus/protocol";
import { messageOf } from "@gadus/protocol";
import type { Connection, PeerInfo, Stream } from "@libp2p/interface";
import { peerIdFromString } from "@libp2p/peer-id";
import { type Multiaddr, multiaddr } from "@multiformats/multiaddr";
import { BID_PROTOCOL } from "./bid-stream.ts";
import { connectPeer } from "./connect-peer.ts";
import type { GadusLibp2p } from "./libp2p-node.ts";
import type { PeerGate } from "./peer-gate.ts";
import { createPeerLink, type LinkHost, type PeerLink } from "./peer-link.ts";
import { createRedial } from "./redial.ts";
import { TransportError } from "./transport-error.ts";

/** Peers that there is a link to, or one under way; of one more, streams are refused. */
const MAX_LINKS = 4096;
/** Bid streams that one connection may have at once; more than one only while two ends disagree. */
const MAX_STREAMS = 8;
/** Peers up to which those that are heard of through others are dialled. */
const TARGET_PEERS = 64;
/** How long the higher peer id leaves it to the lower to open the stream. */
const OPEN_GRACE_MS = 1000;

export interface BidLinksOptions {
  readonly libp2p: GadusLibp2p;
  readonly gate: PeerGate;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Multiaddrs with peer ids. */
  readonly bootstrap: readonly string[];
}

export interface BidLinksEvents {
  up(link: PeerLink): void;
  down(link: PeerLink): void;
  /** @throws for what is no message: then the peer loses its connections */
  frame(peerId: string, bytes: Uint8Array): void;
  malformed(): void;
}

/** The links to all peers: who gets one, when it is opened, and when it is opened again. */
export interface BidLinks {
  /** Registers the protocol; before libp2p starts. */
  prepare(): Promise<void>;
  /** Dials the bootstrap peers; after libp2p has started. */
  start(): Promise<void>;
  stop(error: Error): Promise<void>;
  /** The link to `peerId`, made where there is none. */
  to(peerId: string): PeerLink;
  /** The links that are up. */
  up(): readonly PeerLink[];
}

/** @throws {TransportError} `transport/invalid-address` for a bootstrap address without a peer id */
export function createBidLinks(options: BidLinksOptions, events: BidLinksEvents): BidLinks {
  const { libp2p, gate, clock, logger } = options;
  const selfId = libp2p.peerId.toString();
  const bootstrap = options.bootstrap.map(readBootstrap);
  const links = new Map<string, PeerLink>();
  const isUp = (link: PeerLink) => link.connection !== undefined;
  let topology: string | undefined;

  const redial = createRedial({
    clock,
    dialsFirst: (peerId) => selfId < peerId,
    async dial(peerId) {
      if (gate.admits(peerId)) await to(peerId).up(undefined);
    },
  });

  const host: LinkHost = {
    selfId,
    clock,
    connect: (peerId, signal) => connectPeer(libp2p, peerId, signal),
    onUp(link) {
      redial.onUp(link.peerId);
      events.up(link);
    },
    onDown(link) {
      events.down(link);
      redial.onDown(link.peerId);
    },
    onFrame: (link, bytes) => events.frame(link.peerId, bytes),
    onMalformed(link, connection, error) {
      const denied = gate.offend(link.peerId);
      logger.warn("a peer sent what is no message", {
        peerId: link.peerId,
        address: connection.remoteAddr.toString(),
        error: messageOf(error),
        denied,
      });
      events.malformed();
      redial.forget(link.peerId);
      for (const each of [connection, ...libp2p.getConnections(peerIdFromString(link.peerId))]) {
        each.abort(new Error("it sent what is no message"));
      }
    },
    onIdle: (link) => links.delete(link.peerId),
  };

  function to(peerId: string): PeerLink {
    const known = links.get(peerId);
    if (known !== undefined) return known;
    if (links.size >= MAX_LINKS) {
      const state = `there are links to ${links.size} nodes already`;
      throw new TransportError("transport/overloaded", `Cannot open a stream to node ${peerId}: ${state}`);
    }
    const link = createPeerLink(peerId, host);
    links.set(peerId, link);
    return link;
  }

  const onStream = (stream: Stream, connection: Connection) =>
    to(connection.remotePeer.toString()).accept(stream, connection);

  function onPeer(peerId: string): void {
    if (selfId < peerId) to(peerId).open();
    else {
      clock.setTimer(OPEN_GRACE_MS, () => {
        if (topology !== undefined && libp2p.getConnections(peerIdFromString(peerId)).length > 0)
          to(peerId).open();
      });
    }
  }

  const onDiscovery = ({ detail }: CustomEvent<PeerInfo>) => {
    const peerId = detail.id.toString();
    const enough = [...links.values()].filter(isUp).length >= TARGET_PEERS;
    if (!enough && peerId !== selfId && !links.has(peerId) && gate.admits(peerId)) redial.discovered(peerId);
  };

  return {
    async prepare() {
      await libp2p.handle(BID_PROTOCOL, onStream, {
        maxInboundStreams: MAX_STREAMS,
        maxOutboundStreams: MAX_STREAMS,
      });
      topology = await libp2p.register(BID_PROTOCOL, { onConnect: (peerId) => onPeer(peerId.toString()) });
      libp2p.addEventListener("peer:discovery", onDiscovery);
    },
    async start() {
      for (const [peerId, address] of bootstrap) {
        await libp2p.peerStore.merge(peerIdFromString(peerId), { multiaddrs: [address] });
        redial.keepForEver(peerId);
      }
    },
    async stop(error) {
      libp2p.removeEventListener("peer:discovery", onDiscovery);
      if (topology !== undefined) libp2p.unregister(topology);
      topology = undefined;
      redial.stop();
      for (const link of links.values()) link.close(error);
      links.clear();
      await libp2p.unhandle(BID_PROTOCOL);
    },
    to,
    up: () => [...links.values()].filter(isUp),
  };
}

function readBootstrap(address: string): readonly [peerId: string, address: Multiaddr] {
  const peerId = /\/p2p\/([^/]+)$/.exec(address)?.[1];
  try {
    if (peerId === undefined) throw new Error("it names no peer id");
    return [peerIdFromString(peerId).toString(), multiaddr(address)];
  } catch (error) {
    const hint = "Write a multiaddr with its peer id, such as /ip4/10.0.0.1/tcp/4101/p2p/12D3KooW….";
    const message = `Cannot use bootstrap address "${address}": ${messageOf(error)}`;
    throw new TransportError("transport/invalid-address", message, { hint, cause: error });
  }
}
