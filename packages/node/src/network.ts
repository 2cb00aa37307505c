import { readFile } from "node:fs/promises";
import { type Clock, type Logger, messageOf, type Metrics } from "@gadus/protocol";
import { createLibp2pTransport, type Libp2pJoin, loadIdentityKey } from "@gadus/transport/libp2p";
import type { NodeConfig } from "./config-schema.ts";
import { NodeError } from "./node-error.ts";

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

async function readSwarmKey(pathOrText: string): Promise<string> {
  if (pathOrText.startsWith("/key/swarm/")) return pathOrText;
  try {
    return await readFile(pathOrText, "utf8");
  } catch (error) {
    throw new NodeError(
      "node/invalid-config",
      `Cannot use network.swarmKey "${pathOrText}": ${messageOf(error)}`,
      {
        cause: error,
        field: "network.swarmKey",
        hint: "Name a swarm key file, or write its text.",
      },
    );
  }
}
