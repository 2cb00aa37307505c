import { randomUUID } from "node:crypto";
import { rmSync } from "node:fs";
import { mkdir, open, opendir, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fillFrom } from "./fill-from.ts";
import { plainBytes } from "./import-content.ts";

/** Blocks as files of their own, in folders by the last characters of their keys. */
export interface BlockFiles {
  has(key: string): Promise<boolean>;
  /** The file's content, which is `into` where it is just as long; undefined where there is none. */
  read(key: string, into?: Uint8Array): Promise<Uint8Array | undefined>;
  /** Writes the file whole, synced before it takes its name. */
  write(key: string, bytes: Uint8Array): Promise<void>;
  /** Settles once the names of `keys` survive a power loss. */
  syncNames(keys: Iterable<string>): Promise<void>;
  /** Removes the file, at once. */
  remove(key: string): void;
  keys(): AsyncIterable<string>;
}

const TEMPORARY = ".tmp";

/** Block files in `folder`, which is made if need be; what a crash left half-written is removed. */
export async function openBlockFiles(folder: string): Promise<BlockFiles> {
  const temporary = join(folder, TEMPORARY);
  await rm(temporary, { recursive: true, force: true });
  await mkdir(temporary, { recursive: true });
  const made = new Set<string>();
  const pathOf = (key: string): string => join(folder, key.slice(-3, -1), key);
  return {
    async has(key): Promise<boolean> {
      return (await stat(pathOf(key)).catch(ignoreMissing)) !== undefined;
    },
    async read(key, into): Promise<Uint8Array | undefined> {
      const handle = await open(pathOf(key)).catch(ignoreMissing);
      try {
        if (handle === undefined) return undefined;
        const { size } = await handle.stat();
        const bytes = into?.length === size ? into : plainBytes(Buffer.allocUnsafeSlow(size));
        return bytes.subarray(0, await fillFrom(handle, bytes, 0));
      } finally {
        await handle?.close();
      }
    },
    async write(key, bytes): Promise<void> {
      const path = pathOf(key);
      const draft = join(temporary, randomUUID());
      const handle = await open(draft, "wx");
      try {
        await handle.writeFile(bytes);
        await handle.sync();
      } finally {
        await handle.close();
      }
      if (!made.has(dirname(path))) {
        await mkdir(dirname(path), { recursive: true });
        await syncFolder(folder);
        made.add(dirname(path));
      }
      await rename(draft, path);
    },
    async syncNames(keys): Promise<void> {
      for (const path of new Set(Array.from(keys, (key) => dirname(pathOf(key))))) await syncFolder(path);
    },
    remove(key): void {
      rmSync(pathOf(key), { force: true });
    },
    async *keys(): AsyncGenerator<string> {
      for await (const shard of await opendir(folder)) {
        if (!shard.isDirectory() || shard.name === TEMPORARY) continue;
        for await (const file of await opendir(join(folder, shard.name))) yield file.name;
      }
    },
  };
}

async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") throw error;
}
