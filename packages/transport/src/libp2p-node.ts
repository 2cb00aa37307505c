import { noise } from "@chainsafe/libp2p-noise";
import { messageOf } from "@gadus/protocol";
import { type GossipSub, gossipsub, StrictSign } from "@libp2p/gossipsub";
import { type Identify, identify } from "@libp2p/identify";
import type { ConnectionGater, Ed25519PrivateKey, Libp2p } from "@libp2p/interface";
import { type KadDHT, kadDHT, passthroughMapper, removePrivateAddressesMapper } from "@libp2p/kad-dht";
import { type Ping, ping } from "@libp2p/ping";
import { tcp } from "@libp2p/tcp";
import { webSockets } from "@libp2p/websockets";
import { multiaddr } from "@multiformats/multiaddr";
import { createLibp2p, type Libp2pOptions } from "libp2p";
import { BoundedDatastore } from "./bounded-datastore.ts";
import { JOBS_TOPIC, NODES_TOPIC } from "./gossip.ts";
import { MAX_GOSSIP_BYTES } from "./limits.ts";
import { privateNetwork } from "./private-network.ts";
import { thriftyYamux } from "./thrifty-yamux.ts";
import { TransportError } from "./transport-error.ts";

const KAD_PROTOCOL = "/gadus/kad/1.0.0";

const MAX_CONNECTIONS = 1000;
const MAX_STREAMS_A_CONNECTION = 4096;
const MAX_STREAM_WINDOW_BYTES = 4 * 1024 * 1024;
/** Inbound connections a second from one host: a whole cluster may sit behind one address. */
const MAX_INBOUND_A_SECOND = 200;
export const DIAL_TIMEOUT_MS = 10_000;
/** A stalled event loop, of which there will be some, must not cost the connections. */
const MIN_PING_TIMEOUT_MS = 20_000;

export interface GadusServices extends Record<string, unknown> {
  readonly identify: Identify;
  readonly ping: Ping;
  readonly dht: KadDHT;
  readonly pubsub: GossipSub;
}

/** A libp2p node as Gadus runs it. */
export type GadusLibp2p = Libp2p<GadusServices>;

export interface Libp2pNodeOptions {
  readonly key: Ed25519PrivateKey;
  /** Multiaddrs to listen on, TCP or WebSockets, such as `/ip4/127.0.0.1/tcp/0` and `/ip4/127.0.0.1/tcp/0/ws`. */
  readonly listen: readonly string[];
  /** Multiaddrs to tell others instead of those listened on. @default what is listened on */
  readonly announce?: readonly string[] | undefined;
  /** The 32 bytes of the network's pre-shared key. @default none: anyone may connect */
  readonly swarmKey?: Uint8Array | undefined;
  readonly gater?: ConnectionGater | undefined;
  /** Whether only public addresses are given to others by the DHT. @default false: LAN and loopback addresses too */
  readonly publicOnly?: boolean | undefined;
}

/**
 * A node, not started, that knows only what it is told: no public bootstrap list, no mDNS, no delegated routing.
 *
 * @throws {TransportError} `transport/invalid-address`
 */
export async function createLibp2pNode(options: Libp2pNodeOptions): Promise<GadusLibp2p> {
  const { key, listen, announce, swarmKey, gater, publicOnly = false } = options;
  return createLibp2p<GadusServices>({
    start: false,
    privateKey: key,
    addresses: { listen: checked("listen on", listen), announce: checked("announce", announce ?? []) },
    transports: [tcp(), webSockets()],
    connectionEncrypters: [noise()],
    streamMuxers: [
      thriftyYamux({
        maxEarlyStreams: MAX_STREAMS_A_CONNECTION,
        maxInboundStreams: MAX_STREAMS_A_CONNECTION,
        maxOutboundStreams: MAX_STREAMS_A_CONNECTION,
        streamOptions: { maxStreamWindowSize: MAX_STREAM_WINDOW_BYTES },
      }),
    ],
    connectionManager: {
      maxConnections: MAX_CONNECTIONS,
      maxIncomingPendingConnections: MAX_INBOUND_A_SECOND,
      inboundConnectionThreshold: MAX_INBOUND_A_SECOND,
      dialTimeout: DIAL_TIMEOUT_MS,
    },
    connectionMonitor: { pingTimeout: { minTimeout: MIN_PING_TIMEOUT_MS } },
    ...(gater !== undefined && { connectionGater: gater }),
    ...(swarmKey !== undefined && { connectionProtector: privateNetwork(swarmKey) }),
    datastore: new BoundedDatastore(),
    services: services(publicOnly),
  });
}

function services(publicOnly: boolean): NonNullable<Libp2pOptions<GadusServices>["services"]> {
  return {
    identify: identify(),
    ping: ping(),
    dht: kadDHT({
      protocol: KAD_PROTOCOL,
      clientMode: false,
      allowQueryWithZeroPeers: true,
      peerInfoMapper: publicOnly ? removePrivateAddressesMapper : passthroughMapper,
    }),
    pubsub: gossipsub({
      globalSignaturePolicy: StrictSign,
      allowPublishToZeroTopicPeers: true,
      allowedTopics: [NODES_TOPIC, JOBS_TOPIC],
      maxInboundDataLength: MAX_GOSSIP_BYTES * 4,
      // Peers that share an address are a cluster or one machine here, not an attack.
      scoreParams: { IPColocationFactorWeight: 0 },
    }),
  };
}

function checked(action: string, addresses: readonly string[]): string[] {
  for (const address of addresses) {
    try {
      multiaddr(address);
    } catch (error) {
      const hint = "Write a multiaddr such as /ip4/0.0.0.0/tcp/4101.";
      const message = `Cannot ${action} "${address}": ${messageOf(error)}`;
      throw new TransportError("transport/invalid-address", message, { hint, cause: error });
    }
  }
  return [...addresses];
}
