import type { ApiKeyRecord } from "@gadus/node/api-keys";
import { type AccessOptions, openAccess } from "./api-access.ts";
import { askAuth } from "./auth-api.ts";
import { CliError } from "./cli-error.ts";
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
  if (options.dataDir !== undefined) return withStoredKeys(options.dataDir, work);
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

async function withStoredKeys<T>(folder: string, work: (keys: NodeKeys) => Promise<T>): Promise<T> {
  const { openApiKeys } = await import("@gadus/node/api-keys");
  const keys = openApiKeys(folder);
  try {
    return await work({
      list: async () => keys.list().map(shown),
      create: async ({ name, right, lifetimeSeconds }) => {
        const lifetimeMs = lifetimeSeconds === undefined ? undefined : lifetimeSeconds * 1000;
        const { key, record } = await keys.create({ name, right, lifetimeMs });
        return { Key: key, ...shown(record) };
      },
      revoke: async (id) => {
        const record = await keys.revoke(id);
        if (record !== undefined) return shown(record);
        throw new CliError("cli/not-found", `Cannot revoke API key "${id}": there is none of that id`);
      },
    });
  } finally {
    keys.close();
  }
}

function shown({ keyId, name, right, createdAtMs, expiresAtMs, revokedAtMs }: ApiKeyRecord): ShownKey {
  return {
    ID: keyId,
    Name: name,
    Right: right,
    CreateTime: createdAtMs * 1e6,
    ...(expiresAtMs !== undefined && { ExpireTime: expiresAtMs * 1e6 }),
    ...(revokedAtMs !== undefined && { RevokeTime: revokedAtMs * 1e6 }),
  };
}
