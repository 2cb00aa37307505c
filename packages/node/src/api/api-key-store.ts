import { createHash, timingSafeEqual } from "node:crypto";
import { closeSync, openSync } from "node:fs";
import { type Clock, newId, type Randomness } from "@gadus/protocol";
import { RIGHTS, type Right } from "./api-access.ts";
import { NodeError } from "../node-error.ts";
import { openSqlite, type SqliteDatabase, type SqliteSchema } from "../store/sqlite.ts";

/** The file's name in a data folder. */
export const API_KEY_FILE = "api-auth.db";
/** Of an API key and of what tokens are signed with. */
const SECRET_BYTES = 32;
const OWNER_ONLY_FILE = 0o600;
const KEY_PREFIX = "gadus_";
/** Keys that are neither revoked nor expired, at most. */
const MAX_KEYS = 10_000;
/** How long a key that is good for nothing any more is still listed. */
const KEEP_ENDED_MS = 90 * 86_400_000;
const MAX_NAME_LENGTH = 256;

const SCHEMA: SqliteSchema = {
  migrations: [
    `CREATE TABLE api_keys (
      key_id TEXT PRIMARY KEY,
      name TEXT NOT NULL,
      access TEXT NOT NULL CHECK (access IN ('read', 'submit', 'full')),
      hash BLOB NOT NULL UNIQUE,
      created_at_ms INTEGER NOT NULL,
      expires_at_ms INTEGER,
      revoked_at_ms INTEGER
    ) STRICT;

    CREATE TABLE revoked_tokens (
      token_id TEXT PRIMARY KEY,
      expires_at_ms INTEGER NOT NULL
    ) STRICT;

    CREATE TABLE secrets (
      name TEXT PRIMARY KEY,
      secret BLOB NOT NULL
    ) STRICT`,
  ],
};

/** An API key, as far as the node knows it: its text is told once. */
export interface ApiKeyRecord {
  readonly keyId: string;
  readonly name: string;
  readonly right: Right;
  readonly createdAtMs: number;
  readonly expiresAtMs: number | undefined;
  readonly revokedAtMs: number | undefined;
}

/** What to make a key of. */
export interface NewApiKey {
  readonly name: string;
  readonly right: Right;
  /** Absent: it never expires. */
  readonly lifetimeMs?: number | undefined;
}

/** The API keys of a node, by their hashes, in `api-auth.db`; more than one process may have it open. */
export interface ApiKeyStore {
  /** What the node signs tokens with, the same ever after. */
  readonly tokenSecret: Uint8Array;
  /** The key of that text, also one that is revoked or has expired. */
  find(key: string): ApiKeyRecord | undefined;
  /** The newest first. */
  list(): readonly ApiKeyRecord[];
  /**
   * Makes a key; `key` is its text, which nobody can be told again.
   *
   * @throws {NodeError} `node/invalid-request`, `node/too-many-keys`
   */
  create(wish: NewApiKey): Promise<{ readonly key: string; readonly record: ApiKeyRecord }>;
  /** Makes a key worthless, at once and for good; undefined where there is none of that id. */
  revoke(keyId: string): Promise<ApiKeyRecord | undefined>;
  isTokenRevoked(tokenId: string): boolean;
  revokeToken(tokenId: string, expiresAtMs: number): Promise<void>;
  close(): void;
}

/** Opens the file at `path`, or makes it. @throws {NodeError} `node/store-newer`, `node/store-unusable` */
export function openApiKeyStore(path: string, clock: Clock, randomness: Randomness): ApiKeyStore {
  // What SQLite adds to a file has the file's own permissions.
  closeSync(openSync(path, "a", OWNER_ONLY_FILE));
  const database = openSqlite(path, SCHEMA);
  const record = (row: Row | undefined): ApiKeyRecord | undefined => (row ? recordOf(row) : undefined);
  const byId = (keyId: string): ApiKeyRecord | undefined =>
    record(database.prepare("SELECT * FROM api_keys WHERE key_id = ?").get(keyId));

  return {
    tokenSecret: loadSecret(database, randomness),
    find: (key) => {
      const hash = hashOf(key);
      const row = database.prepare("SELECT * FROM api_keys WHERE hash = ?").get(hash);
      const isSame = row?.hash instanceof Uint8Array && timingSafeEqual(row.hash, hash);
      return isSame ? record(row) : undefined;
    },
    list: () =>
      database.prepare("SELECT * FROM api_keys ORDER BY created_at_ms DESC, key_id").all().map(recordOf),
    create: (wish) => createKey(database, checked(wish), { clock, randomness }),
    revoke: (keyId) =>
      database.commit(() => {
        const sql =
          "UPDATE api_keys SET revoked_at_ms = ? WHERE key_id = ? AND revoked_at_ms IS NULL RETURNING key_id";
        database.prepare(sql).all(clock.nowMs(), keyId);
        return byId(keyId);
      }),
    isTokenRevoked: (tokenId) =>
      database.prepare("SELECT 1 FROM revoked_tokens WHERE token_id = ?").get(tokenId) !== undefined,
    revokeToken: (tokenId, expiresAtMs) =>
      database.commit(() => {
        database.prepare("DELETE FROM revoked_tokens WHERE expires_at_ms < ?").run(clock.nowMs());
        database
          .prepare("INSERT OR IGNORE INTO revoked_tokens (token_id, expires_at_ms) VALUES (?, ?)")
          .run(tokenId, expiresAtMs);
      }),
    close: () => database.close(),
  };
}

/** The hash that stands for an API key. */
function hashOf(key: string): Uint8Array {
  return createHash("sha256").update(key).digest();
}

type Row = Readonly<Record<string, unknown>>;

function recordOf(row: Row): ApiKeyRecord {
  const right = RIGHTS.find((name) => name === row.access);
  if (right === undefined) throw new TypeError("Cannot read a stored API key: it has no right");
  return {
    keyId: String(row.key_id),
    name: String(row.name),
    right,
    createdAtMs: Number(row.created_at_ms),
    expiresAtMs: row.expires_at_ms === null ? undefined : Number(row.expires_at_ms),
    revokedAtMs: row.revoked_at_ms === null ? undefined : Number(row.revoked_at_ms),
  };
}

function checked(wish: NewApiKey): NewApiKey {
  const { name } = wish;
  if (name.trim() !== "" && name.length <= MAX_NAME_LENGTH) return wish;
  throw new NodeError("node/invalid-request", "Cannot create an API key: its name is empty or too long", {
    field: "Name",
    hint: `Name it after who uses it, in up to ${MAX_NAME_LENGTH} characters.`,
  });
}

function createKey(
  database: SqliteDatabase,
  { name, right, lifetimeMs }: NewApiKey,
  { clock, randomness }: { readonly clock: Clock; readonly randomness: Randomness },
): Promise<{ readonly key: string; readonly record: ApiKeyRecord }> {
  const key = `${KEY_PREFIX}${Buffer.from(randomness.bytes(SECRET_BYTES)).toString("base64url")}`;
  const nowMs = clock.nowMs();
  const record: ApiKeyRecord = {
    keyId: newId("k", randomness),
    name,
    right,
    createdAtMs: nowMs,
    expiresAtMs: lifetimeMs === undefined ? undefined : nowMs + lifetimeMs,
    revokedAtMs: undefined,
  };
  return database.commit(() => {
    const endedBefore = nowMs - KEEP_ENDED_MS;
    database
      .prepare("DELETE FROM api_keys WHERE revoked_at_ms < ? OR expires_at_ms < ?")
      .run(endedBefore, endedBefore);
    const live = database
      .prepare(
        "SELECT count(*) AS keys FROM api_keys WHERE revoked_at_ms IS NULL AND (expires_at_ms IS NULL OR expires_at_ms > ?)",
      )
      .get(nowMs);
    if (Number(live?.keys) >= MAX_KEYS) throw tooMany();
    database
      .prepare(
        "INSERT INTO api_keys (key_id, name, access, hash, created_at_ms, expires_at_ms) VALUES (?, ?, ?, ?, ?, ?)",
      )
      .run(record.keyId, name, right, hashOf(key), nowMs, record.expiresAtMs ?? null);
    return { key, record };
  });
}

function tooMany(): NodeError {
  return new NodeError("node/too-many-keys", `Cannot create an API key: there are ${MAX_KEYS} already`, {
    hint: "Revoke those that nobody uses: gadus auth keys list.",
  });
}

/** Two processes that open a new file at one time agree: the first one's is kept. */
function loadSecret(database: SqliteDatabase, randomness: Randomness): Uint8Array {
  const stored = (): unknown =>
    database.prepare("SELECT secret FROM secrets WHERE name = 'tokens'").get()?.secret;
  if (stored() === undefined)
    database
      .prepare("INSERT OR IGNORE INTO secrets (name, secret) VALUES ('tokens', ?)")
      .run(randomness.bytes(SECRET_BYTES));
  const secret = stored();
  if (secret instanceof Uint8Array && secret.length === SECRET_BYTES) return secret;
  throw new NodeError("node/store-unusable", "Cannot open the API's keys: the secret for tokens is spoilt", {
    hint: "Remove api-auth.db from the data folder; API keys are then to be created anew.",
  });
}
