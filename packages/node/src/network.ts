import type { Clock, Logger, Metrics } from "@gadus/protocol";
import { createLibp2pTransport, type Libp2pJoin, loadIdentityKey } from "@gadus/transport/libp2p";
import type { NodeConfig } from "./config/config-schema.ts";
import { readSwarmKey } from "./swarm-key-file.ts";

/** What the network side of a node works with. */
export interface NetworkOptions {
  readonly config: NodeConfig["network"];
  /** Where the identity key is. */
  readonly folder: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** The node's libp2p and the transport on it, not started. */
export async function createNetwork({ config, folder, ...ports }: NetworkOptions): Promise<Libp2pJoin> {
  const { listen, announce, bootstrap, swarmKey, allowList } = config;
  return createLibp2pTransport({
    ...ports,
    key: await loadIdentityKey(folder),
    listen,
    announce,
    bootstrap,
    allow: allowList,
    swarmKey: swarmKey === undefined ? undefined : await readSwarmKey(swarmKey),
  });
}
