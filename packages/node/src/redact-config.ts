import type { NodeConfig } from "./config-schema.ts";

/** What stands for something that nobody is to see. */
const REDACTED = "(not shown)";

/** `config` as it may be shown: without the network's key, and with the names but not the hashes of API keys. */
export function redactConfig(config: NodeConfig): Readonly<Record<string, unknown>> {
  const { api, network } = config;
  const keys = api.auth.keys.map((key) => ({ ...key, hash: REDACTED }));
  const clients = api.auth.clients.map((client) => ({ ...client, key: REDACTED }));
  return {
    ...config,
    api: { ...api, auth: { ...api.auth, keys, clients } },
    network: { ...network, ...(network.swarmKey !== undefined && { swarmKey: REDACTED }) },
  };
}
