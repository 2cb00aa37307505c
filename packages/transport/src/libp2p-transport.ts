import {
  type Clock,
  encodeMessage,
  type Identity,
  type Logger,
  messageOf,
  type Metrics,
} from "@gadus/protocol";
import { type Multiaddr, multiaddr } from "@multiformats/multiaddr";
import { type BidLinks, createBidLinks } from "./bid-links.ts";
import { createAnnouncer } from "./announcer.ts";
import { createGossip } from "./gossip.ts";
import { DIAL_TIMEOUT_MS, type GadusLibp2p } from "./libp2p-node.ts";
import { createListeners } from "./listeners.ts";
import { createLogStreams } from "./log-streams.ts";
import type { PeerGate } from "./peer-gate.ts";
import type { PeerLink } from "./peer-link.ts";
import { createReceiver } from "./receiver.ts";
import { startNode, stopNode } from "./start-node.ts";
import type { PeerView, Transport } from "./transport.ts";
import { TransportError } from "./transport-error.ts";
import { unreachable } from "./unreachable.ts";

export interface Libp2pTransportParts {
  readonly libp2p: GadusLibp2p;
  readonly identity: Identity;
  readonly gate: PeerGate;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly bootstrap: readonly string[];
}

/** A transport over `libp2p`, which it starts and stops. */
export function assembleTransport(parts: Libp2pTransportParts): Transport {
  const { libp2p, identity, clock, logger, metrics } = parts;
  const { nodeId } = identity;
  const listeners = createListeners(logger);
  const peerGauge = metrics.gauge("gadus_transport_peers", "Peers with a bid stream");
  const receiver = createReceiver({ clock, listeners, metrics });
  const logs = createLogStreams({ libp2p, clock, logger });
  let lifecycle = Promise.resolve();
  let started = false;

  const links: BidLinks = createBidLinks(parts, {
    up(link) {
      const announcement = announcer.latest();
      if (announcement !== undefined) link.sendFirst(encodeMessage({ type: "announcement", announcement }));
      peerGauge.set(links.up().length);
      listeners.tell((listener) => listener.connected?.(viewOf(link)));
    },
    down({ peerId }) {
      peerGauge.set(links.up().length);
      if (started) listeners.tell((listener) => listener.disconnected?.(peerId));
    },
    frame: (from, bytes) => receiver.frame(from, bytes),
    malformed: () => receiver.countBad("stream"),
  });
  const hasPeers = () => links.up().length > 0;
  const gossip = createGossip({ pubsub: libp2p.services.pubsub, clock, logger, hasPeers }, receiver.gossip);
  const announcer = createAnnouncer({ clock, gossip, links, logger });

  function checkStarted(action: string): void {
    if (started) return;
    const message = `Cannot ${action}: the transport of node ${nodeId} isn't started`;
    throw new TransportError("transport/stopped", message);
  }

  /** Runs `act` in a turn of its own, unless the transport has stopped by then. */
  function soon(act: () => void): void {
    setImmediate(() => {
      if (started) act();
    });
  }

  async function start(): Promise<void> {
    if (started) return;
    await links.prepare();
    await logs.prepare();
    try {
      await startNode(libp2p);
    } catch (error) {
      await Promise.all([links.stop(unreachable(nodeId, error)), logs.stop()]);
      throw error;
    }
    gossip.start();
    started = true;
    await links.start();
  }

  async function stop(): Promise<void> {
    if (!started) return;
    started = false;
    announcer.stop();
    gossip.stop();
    await logs.stop();
    await links.stop(
      new TransportError("transport/stopped", "Cannot send a message: the transport was stopped"),
    );
    await stopNode(libp2p, clock, logger);
  }

  /** Starts and stops one after the other, whatever became of those before. */
  function inTurn(act: () => Promise<void>): Promise<void> {
    const done = lifecycle.then(act);
    lifecycle = done.catch((error: unknown) => {
      logger.debug("a transport did not start or stop", { error: messageOf(error) });
    });
    return done;
  }

  return {
    identity,
    addresses: () => (started ? libp2p.getMultiaddrs().map(String) : []),
    peers: () => links.up().map(viewOf),
    on: (events) => listeners.add(events),
    start: () => inTurn(start),
    stop: () => inTurn(stop),
    async send(to, message, { signal } = {}) {
      signal?.throwIfAborted();
      checkStarted(`send to node ${to}`);
      const bytes = encodeMessage(message);
      if (to === nodeId) soon(() => receiver.frame(nodeId, bytes));
      else await links.to(to).send(bytes, signal);
    },
    async announce(announcement) {
      checkStarted("announce");
      soon(() => receiver.gossip.announcement(nodeId, announcement));
      await announcer.announce(announcement);
    },
    async publishJobEvents(events) {
      checkStarted("publish a job event");
      for (const event of events) soon(() => receiver.gossip.jobEvent(nodeId, event));
      await gossip.publishJobEvents(events);
    },
    async dial(address, { signal } = {}) {
      signal?.throwIfAborted();
      checkStarted(`dial ${address}`);
      const peerId = await dialAddress(libp2p, readAddress(address), signal);
      await links.to(peerId).up(signal);
    },
    async *openLogs(to, request, { signal } = {}) {
      signal?.throwIfAborted();
      checkStarted(`read logs of node ${to}`);
      yield* logs.open(to, request, signal);
    },
    serveLogs: (handler) => logs.serve(handler),
  };
}

async function dialAddress(
  libp2p: GadusLibp2p,
  address: Multiaddr,
  signal: AbortSignal | undefined,
): Promise<string> {
  const timeout = AbortSignal.timeout(DIAL_TIMEOUT_MS);
  try {
    const until = signal === undefined ? timeout : AbortSignal.any([signal, timeout]);
    const { remotePeer } = await libp2p.dial(address, { signal: until });
    return remotePeer.toString();
  } catch (error) {
    signal?.throwIfAborted();
    throw unreachable(address.toString(), error);
  }
}

function readAddress(address: string): Multiaddr {
  try {
    return multiaddr(address);
  } catch (error) {
    const hint = "Write a multiaddr such as /ip4/10.0.0.1/tcp/4101/p2p/12D3KooW….";
    const message = `Cannot dial "${address}": ${messageOf(error)}`;
    throw new TransportError("transport/invalid-address", message, { hint, cause: error });
  }
}

function viewOf(link: PeerLink): PeerView {
  const address = link.connection?.remoteAddr.toString();
  return { nodeId: link.peerId, address, connectedSinceMs: link.upSinceMs };
}
