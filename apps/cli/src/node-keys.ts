import type { ApiKey, AuthCalls } from "@gadus/client";
import type { AccessOptions } from "./api-access.ts";
import type { Context } from "./context.ts";

/** The API keys of a node. */
export type NodeKeys = AuthCalls["keys"];
export type ShownKey = ApiKey;

/** Where the commands of keys find them. */
export interface KeyOptions extends AccessOptions {
  /** A node's data folder on this machine. */
  readonly dataDir?: string;
}

/** Does `work` with the keys of the API's node, or, with `--data-dir`, with those of a node of this machine. */
export async function withKeys<T>(
  context: Context,
  options: KeyOptions,
  work: (keys: NodeKeys) => Promise<T>,
): Promise<T> {
  if (options.dataDir !== undefined) {
    const { withStoredKeys } = await import("./stored-keys.ts");
    return withStoredKeys(options.dataDir, work);
  }
  return work((await context.api()).auth.keys);
}
