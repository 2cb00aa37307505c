import { type ApiKeyRecord, openApiKeys } from "@gadus/node/api-keys";
import { CliError } from "./cli-error.ts";
import type { NodeKeys, ShownKey } from "./node-keys.ts";

/** Does `work` with the keys in a node's data folder, whether or not it runs. */
export async function withStoredKeys<T>(folder: string, work: (keys: NodeKeys) => Promise<T>): Promise<T> {
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
