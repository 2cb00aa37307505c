import { closeSync, constants, openSync, writeSync } from "node:fs";
import { lstat, mkdir, open, opendir, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { createFolderVolume } from "./folder-volume.ts";
import { namesOf } from "./relative-path.ts";
import { folderNameOf, idOf } from "./scratch-id.ts";
import type { ScratchFolder, ScratchSpace } from "./scratch-space.ts";
import { StorageError } from "./storage-error.ts";
import { orFull } from "./storage-full.ts";

/** Files of at most this size are written at once: that takes less time than to hand it to a thread. */
const SMALL_BYTES = 64 * 1024;
/** Files that are synced at the same time. */
const SYNCS = 8;
const NEW_FILE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/** Scratch folders on disk in the folder `path`, which is made if need be and holds nothing else. */
export async function openDiskScratch(path: string): Promise<ScratchSpace> {
  await mkdir(path, { recursive: true });
  const folderOf = (id: string): string => join(path, folderNameOf(id));
  return {
    async create(id): Promise<ScratchFolder> {
      const folder = folderOf(id);
      if (!(await makeFolder(folder))) {
        await rm(folder, { recursive: true, force: true });
        await makeFolder(folder);
      }
      return scratchFolder(path, folder);
    },
    async open(id): Promise<ScratchFolder | undefined> {
      const folder = folderOf(id);
      const found = await stat(folder).catch(() => undefined);
      return found?.isDirectory() ? scratchFolder(path, folder) : undefined;
    },
    async remove(id): Promise<void> {
      await rm(folderOf(id), { recursive: true, force: true });
    },
    async *list(): AsyncGenerator<string> {
      for await (const entry of await opendir(path)) {
        const id = entry.isDirectory() ? idOf(entry.name) : undefined;
        if (id !== undefined) yield id;
      }
    },
  };
}

function scratchFolder(parent: string, folder: string): ScratchFolder {
  return {
    ...createFolderVolume(folder, { openFiles: 0 }),
    hostPath: folder,
    async write(path, content, options = {}): Promise<void> {
      options.signal?.throwIfAborted();
      const names = namesOf(path);
      if (names.length === 0) throw refused(path, "it is the folder itself");
      await makeAbove(folder, names, path);
      const target = join(folder, ...names);
      await clear(target, path);
      try {
        if (content instanceof Uint8Array && content.length <= SMALL_BYTES) writeSmall(target, content);
        else await writeLarge(target, content instanceof Uint8Array ? [content] : content, options.signal);
      } catch (error) {
        await rm(target, { force: true });
        return orFull(`write "${path}"`)(error);
      }
    },
    async sync(): Promise<void> {
      await syncTree(folder);
      await syncPath(parent, constants.O_DIRECTORY);
    },
  };
}

/** Makes `folder`; false where something has its name. */
async function makeFolder(folder: string): Promise<boolean> {
  try {
    await mkdir(folder);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    return orFull(`create "${folder}"`)(error);
  }
}

/** What ran in the folder may have left links there: none is written through. */
async function makeAbove(folder: string, names: readonly string[], path: string): Promise<void> {
  let above = folder;
  for (const name of names.slice(0, -1)) {
    above = join(above, name);
    if (await makeFolder(above)) continue;
    if (!(await lstat(above)).isDirectory()) throw refused(path, `"${name}" in it is not a folder`);
  }
}

async function clear(target: string, path: string): Promise<void> {
  const found = await lstat(target).catch(() => undefined);
  if (found?.isDirectory()) throw refused(path, "it is a folder");
  if (found !== undefined) await rm(target);
}

function writeSmall(target: string, content: Uint8Array): void {
  const file = openSync(target, NEW_FILE);
  try {
    let offset = 0;
    while (offset < content.length) offset += writeSync(file, content, offset);
  } finally {
    closeSync(file);
  }
}

async function writeLarge(
  target: string,
  content: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const handle = await open(target, NEW_FILE);
  try {
    for await (const chunk of content) {
      signal?.throwIfAborted();
      await handle.writeFile(chunk);
    }
  } finally {
    await handle.close();
  }
}

/** Syncs every file and folder in `folder`, whoever wrote them, and then itself. */
async function syncTree(folder: string): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true });
  for (let from = 0; from < entries.length; from += SYNCS) {
    const synced = entries.slice(from, from + SYNCS).map(async (entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) await syncTree(path);
      else if (entry.isFile()) await syncPath(path, constants.O_NONBLOCK);
    });
    await Promise.all(synced);
  }
  await syncPath(folder, constants.O_DIRECTORY);
}

async function syncPath(path: string, flags: number): Promise<void> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | flags);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function refused(path: string, state: string): StorageError {
  return new StorageError("storage/not-allowed", `Cannot write ${JSON.stringify(path)}: ${state}`);
}
