import { existsSync } from "node:fs";
import { join } from "node:path";
import { API_KEY_FILE, type ApiKeyStore, openApiKeyStore } from "./api-key-store.ts";
import { NodeError } from "../node-error.ts";
import { systemClock } from "../system-clock.ts";
import { systemRandomness } from "../system-randomness.ts";

export type { ApiKeyRecord } from "./api-key-store.ts";

/**
 * The API keys of the node whose data folder is `folder`, which may run meanwhile: whoever may write there may say who
 * uses the API.
 *
 * @throws {NodeError} `node/data-folder-unusable`, `node/store-newer`, `node/store-unusable`
 */
export function openApiKeys(folder: string): ApiKeyStore {
  if (existsSync(folder)) return openApiKeyStore(join(folder, API_KEY_FILE), systemClock, systemRandomness);
  throw new NodeError("node/data-folder-unusable", `Cannot use "${folder}": there is no such folder`, {
    field: "dataFolder",
    hint: "Name the data folder of a node that was started before.",
  });
}
