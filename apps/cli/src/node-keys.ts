import { type AccessOptions, openAccess } from "./api-access.ts";
import { askAuth } from "./auth-api.ts";
import type { Context } from "./context.ts";

/** An API key as the API shows it; times are nanoseconds since 1970. */
export interface ShownKey {
  readonly ID: string;
  readonly Name: string;
  readonly Right: string;
  readonly CreateTime: number;
  readonly ExpireTime?: number;
  readonly RevokeTime?: number;
}

/** What a new key is to be. */
export interface KeyWish {
  readonly name: string;
  readonly right: "read" | "submit" | "full";
  readonly lifetimeSeconds: number | undefined;
}

/** The API keys of a node. */
export interface NodeKeys {
  list(): Promise<readonly ShownKey[]>;
  /** `Key` is its text, which is told this once. */
  create(wish: KeyWish): Promise<ShownKey & { readonly Key: string }>;
  /** @throws {CliError} `cli/not-found` */
  revoke(id: string): Promise<ShownKey>;
}

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
  const { url } = await context.api();
  const { token } = await openAccess(url, options, context.env);
  const place = { url, token, signal: context.signal };
  return work({
    list: async () => (await askAuth<{ Items: readonly ShownKey[] }>(place, "/keys")).Items,
    create: ({ name: Name, right: Right, lifetimeSeconds: Lifetime }) =>
      askAuth(place, "/keys", { method: "PUT", json: { Name, Right, Lifetime } }),
    revoke: (id) => askAuth(place, `/keys/${encodeURIComponent(id)}`, { method: "DELETE" }),
  });
}
