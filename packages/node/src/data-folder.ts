import { chmod, mkdir, open, readFile, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { messageOf, type Randomness } from "@gadus/protocol";
import { type BoxKeys, boxKeysFromSecret, createBoxKeys } from "@gadus/verifier/box-keys";
import { NodeError } from "./node-error.ts";
import { isBusyError, openSqlite, type SqliteDatabase } from "./store/sqlite.ts";

const OWNER_ONLY_FOLDER = 0o700;
const OWNER_ONLY_FILE = 0o600;
const BOX_KEY_FILE = "box.key";
const SECRET_BYTES = 32;
/** Announcement numbers that are reserved at one time: one write for so many announcements. */
const SEQUENCE_BLOCK = 1000;

/** A node's folder, held by this process alone. */
export interface DataFolder {
  /** The path of `name` in the folder. */
  path(name: string): string;
  /** The node's X25519 keys; made the first time, the same ever after. */
  boxKeys(randomness: Randomness): Promise<BoxKeys>;
  /** 32 random bytes that nobody else has, by that name; made the first time, the same ever after. */
  secret(name: string, randomness: Randomness): Promise<Uint8Array>;
  /** A number that is greater than every one that it gave before, across restarts, and than `nowMs`. */
  nextSequence(nowMs: number): Promise<number>;
  /** Lets another process have the folder. Idempotent. */
  close(): void;
}

const SCHEMA = {
  migrations: ["CREATE TABLE sequences (name TEXT PRIMARY KEY, reserved INTEGER NOT NULL) STRICT"],
};

/**
 * Opens `folder`, or makes it, and holds it until it is closed or the process ends, however it ends.
 *
 * @throws {NodeError} `node/data-folder-in-use`, `node/data-folder-unusable`, `node/store-newer`
 */
export async function openDataFolder(folder: string): Promise<DataFolder> {
  await makeFolder(folder);
  const database = lock(folder);
  let reserved = 0;
  let last = 0;
  return {
    path: (name) => join(folder, name),
    boxKeys: (randomness) => loadBoxKeys(join(folder, BOX_KEY_FILE), randomness),
    secret: (name, randomness) => keptFile(join(folder, `${name}.key`), () => randomness.bytes(SECRET_BYTES)),
    nextSequence: async (nowMs) => {
      if (last >= reserved) {
        const block = await reserve(database, nowMs);
        last = Math.max(last, block.start);
        reserved = block.end;
      }
      last += 1;
      return last;
    },
    close: () => database.close(),
  };
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await makeFolders(folder);
    await chmod(folder, OWNER_ONLY_FOLDER);
  } catch (error) {
    throw unusable(folder, error);
  }
}

/** Not `mkdir`'s own recursion: where nothing can be made, as below /proc, it never ends. */
async function makeFolders(folder: string): Promise<void> {
  try {
    await mkdir(folder, { mode: OWNER_ONLY_FOLDER });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST" && (await isFolder(folder))) return;
    const parent = dirname(folder);
    if (code !== "ENOENT" || parent === folder || (await isFolder(parent))) throw error;
    await makeFolders(parent);
    await mkdir(folder, { mode: OWNER_ONLY_FOLDER });
  }
}

async function isFolder(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found?.isDirectory() ?? false;
}

/** The operating system lets go of a database's lock when its process ends, so no lock is ever stale. */
function lock(folder: string): SqliteDatabase {
  try {
    return openSqlite(join(folder, "node.db"), SCHEMA, { exclusive: true });
  } catch (error) {
    if (!(error instanceof NodeError) || !isBusyError(error.cause)) throw error;
    throw new NodeError(
      "node/data-folder-in-use",
      `Cannot use data folder "${folder}": another node uses it`,
      {
        cause: error,
        field: "dataFolder",
        hint: "Stop that node, or give this one a folder of its own (dataFolder, GADUS_DATA_FOLDER, --data-dir).",
      },
    );
  }
}

async function reserve(
  database: SqliteDatabase,
  nowMs: number,
): Promise<{ readonly start: number; readonly end: number }> {
  return database.commit(() => {
    const row = database.prepare("SELECT reserved FROM sequences WHERE name = 'announcement'").get();
    const start = Math.max(Number(row?.reserved ?? 0), nowMs);
    const end = start + SEQUENCE_BLOCK;
    database.prepare("INSERT OR REPLACE INTO sequences (name, reserved) VALUES ('announcement', ?)").run(end);
    return { start, end };
  });
}

async function loadBoxKeys(file: string, randomness: Randomness): Promise<BoxKeys> {
  return boxKeysFromSecret(await keptFile(file, () => createBoxKeys(randomness).secretKey));
}

/** What is in `file`, or, where there is none, what `make` makes, which is there from now on. */
async function keptFile(file: string, make: () => Uint8Array): Promise<Uint8Array> {
  const kept = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw unusable(file, error);
  });
  if (kept !== undefined) return kept;
  const made = make();
  await writeWhole(file, made).catch((error: unknown) => {
    throw unusable(file, error);
  });
  return made;
}

/** Writes all of a file or nothing: half a key, as a full disk or a power loss would leave, is no key ever after. */
async function writeWhole(file: string, bytes: Uint8Array): Promise<void> {
  const draft = `${file}.new`;
  try {
    const handle = await open(draft, "w", OWNER_ONLY_FILE);
    try {
      await handle.writeFile(bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(draft, file);
  } finally {
    await rm(draft, { force: true });
  }
}

function unusable(path: string, error: unknown): NodeError {
  const isFull = error instanceof Error && "code" in error && error.code === "ENOSPC";
  return new NodeError("node/data-folder-unusable", `Cannot use "${path}": ${messageOf(error)}`, {
    cause: error,
    field: "dataFolder",
    hint: isFull
      ? "Free space on the disk of the data folder."
      : "Name a folder that this user may write to (dataFolder, GADUS_DATA_FOLDER, --data-dir).",
  });
}
