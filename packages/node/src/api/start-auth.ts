import type { Clock, Logger, Randomness } from "@gadus/protocol";
import { type ApiAuth, createApiAuth } from "./api-auth.ts";
import { API_KEY_FILE, openApiKeyStore } from "./api-key-store.ts";
import type { NodeConfig } from "../config/config-schema.ts";
import type { DataFolder } from "../data-folder.ts";
import { isLoopback } from "../is-loopback.ts";
import type { Lifecycle } from "../lifecycle.ts";

/** What {@link startAuth} works with. */
export interface AuthGround {
  readonly config: NodeConfig;
  readonly folder: DataFolder;
  readonly lifecycle: Lifecycle;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly nodeId: string;
}

/** Authentication on the keys in the data folder; says in the log what an operator is likely not to want. */
export function startAuth(ground: AuthGround): ApiAuth {
  const { config, folder, lifecycle, clock, randomness } = ground;
  const keys = openApiKeyStore(folder.path(API_KEY_FILE), clock, randomness);
  lifecycle.onStop("API keys", () => keys.close());
  const local = isLoopback(config.api.host);
  const auth = createApiAuth(config.api.auth, { ...ground, keys, isLoopback: local });
  if (!local) warn(ground, auth);
  return auth;
}

function warn({ config: { api, dataFolder }, logger }: AuthGround, auth: ApiAuth): void {
  if (api.tls.cert === undefined && !api.tls.selfSigned)
    logger.warn("the API is open to other machines without TLS: keys and tokens can be read on their way", {
      hint: "Set api.tls, or let a proxy with TLS stand before it.",
    });
  if (auth.anonymous === "full")
    logger.warn("whoever reaches the API may do all that it can", {
      hint: "Set api.auth.anonymous to none.",
    });
  const known = api.auth.keys.length + api.auth.clients.length + auth.keys.list().length;
  if (auth.anonymous === undefined && known === 0)
    logger.warn("nobody has a key, so nobody can use the API", {
      hint: `Create one: gadus auth keys create --right full --name NAME --data-dir ${dataFolder}`,
    });
}
