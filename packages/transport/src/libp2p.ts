import { type Clock, type Logger, type Metrics, silentLogger, silentMetrics } from "@gadus/protocol";
import type { Ed25519PrivateKey } from "@libp2p/interface";
import { createIdentity } from "./libp2p-identity.ts";
import { createLibp2pNode, type GadusLibp2p } from "./libp2p-node.ts";
import { assembleTransport } from "./libp2p-transport.ts";
import { createPeerGate } from "./peer-gate.ts";
import { parseSwarmKey } from "./swarm-key.ts";
import type { Transport } from "./transport.ts";

export { IDENTITY_KEY_FILE, loadIdentityKey } from "./identity-key.ts";
export type { GadusLibp2p, GadusServices } from "./libp2p-node.ts";
export { generateSwarmKey, parseSwarmKey } from "./swarm-key.ts";

export interface Libp2pTransportOptions {
  /** From {@link loadIdentityKey}. */
  readonly key: Ed25519PrivateKey;
  /** Multiaddrs to listen on, TCP or WebSockets, such as `/ip4/127.0.0.1/tcp/0` and `/ip4/127.0.0.1/tcp/0/ws`. */
  readonly listen: readonly string[];
  /** Multiaddrs to tell others instead of those listened on. @default what is listened on */
  readonly announce?: readonly string[] | undefined;
  /** Multiaddrs, with peer ids, of nodes to stay connected to. @default none: this node waits to be dialled */
  readonly bootstrap?: readonly string[] | undefined;
  /** The text of a `swarm.key` file. @default none: anyone may connect */
  readonly swarmKey?: string | undefined;
  /** The only peer ids that may be connected. @default any */
  readonly allow?: readonly string[] | undefined;
  /** Whether only public addresses are given to others by the DHT. @default false */
  readonly publicOnly?: boolean | undefined;
  readonly clock: Clock;
  readonly logger?: Logger | undefined;
  readonly metrics?: Metrics | undefined;
}

/** A transport and the libp2p node under it, on which others (such as Helia) may build. */
export interface Libp2pJoin {
  /** Starting and stopping it starts and stops the node. */
  readonly transport: Transport;
  readonly libp2p: GadusLibp2p;
}

/**
 * A transport over libp2p, not started.
 *
 * @throws {TransportError} `transport/invalid-address`, `transport/invalid-key`
 */
export async function createLibp2pTransport(options: Libp2pTransportOptions): Promise<Libp2pJoin> {
  const { key, clock, logger = silentLogger, metrics = silentMetrics, swarmKey, allow } = options;
  const gate = createPeerGate({ clock, allow });
  const libp2p = await createLibp2pNode({
    key,
    listen: options.listen,
    announce: options.announce,
    publicOnly: options.publicOnly,
    swarmKey: swarmKey === undefined ? undefined : parseSwarmKey(swarmKey),
    gater: gate.gater,
  });
  const identity = createIdentity(key);
  const { bootstrap = [] } = options;
  return {
    transport: assembleTransport({ libp2p, identity, gate, clock, logger, metrics, bootstrap }),
    libp2p,
  };
}
