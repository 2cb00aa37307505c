import { constants, type Stats } from "node:fs";
import { type FileHandle, lstat, open, readdir, realpath } from "node:fs/promises";
import { join } from "node:path";
import { type CallOptions, compareBytewise, type ReadableVolume, type VolumeEntry } from "@gadus/protocol";
import { fillFrom } from "./fill-from.ts";
import { plainBytes } from "./import-content.ts";
import { createOpenFiles } from "./open-files.ts";
import { isPlainName, joinPath, namesOf } from "./relative-path.ts";
import { StorageError } from "./storage-error.ts";

/** Options of {@link createFolderVolume}. */
export interface FolderVolumeOptions {
  /**
   * Files that stay open between reads; one that is replaced meanwhile is read as it was.
   *
   * @default 16
   */
  readonly openFiles?: number;
}

/**
 * Presents the folder or file at `root`, a real path, without following any link below it.
 *
 * Symbolic links, sockets, devices and names that aren't UTF-8 are not shown.
 */
export function createFolderVolume(
  root: string,
  { openFiles = 16 }: FolderVolumeOptions = {},
): ReadableVolume {
  const files = createOpenFiles((path) => openFile(root, path), openFiles);

  const find = async (path: string): Promise<VolumeEntry | undefined> => {
    const found = await lstatWithin(root, namesOf(path));
    if (found?.isDirectory()) return { path, kind: "folder", sizeBytes: 0 };
    return found?.isFile() ? { path, kind: "file", sizeBytes: found.size } : undefined;
  };
  return {
    async stat(path, options = {}): Promise<VolumeEntry | undefined> {
      options.signal?.throwIfAborted();
      return find(path);
    },
    async *list(path, options = {}): AsyncGenerator<VolumeEntry> {
      options.signal?.throwIfAborted();
      if ((await find(path))?.kind !== "folder") throw missing(path, "no such folder");
      const names = await readdir(join(root, path));
      for (const name of names.filter(isText).sort(compareBytewise)) {
        options.signal?.throwIfAborted();
        const entry = await find(joinPath(path, name));
        if (entry !== undefined) yield entry;
      }
    },
    async read(path, offsetBytes, lengthBytes, options: CallOptions = {}): Promise<Uint8Array> {
      options.signal?.throwIfAborted();
      return files.use(path, async (handle) => {
        const { size } = await handle.stat();
        // Every byte is written before anyone sees it: to fill them with zeros first would take longer than to read them.
        const into = plainBytes(
          Buffer.allocUnsafeSlow(Math.max(0, Math.min(lengthBytes, size - offsetBytes))),
        );
        return into.subarray(0, await fillFrom(handle, into, offsetBytes));
      });
    },
    close: () => files.close(),
  };
}

async function lstatWithin(root: string, names: readonly string[]): Promise<Stats | undefined> {
  let path = root;
  let found = await lstat(path).catch(ignoreMissing);
  for (const name of names) {
    if (!found?.isDirectory()) return undefined;
    path = join(path, name);
    found = await lstat(path).catch(ignoreMissing);
  }
  return found;
}

/** Opens without following a last link, and then makes sure that no folder above became one on the way. */
async function openFile(root: string, path: string): Promise<FileHandle> {
  const absolute = path === "" ? root : join(root, ...namesOf(path));
  const before = await lstatWithin(root, namesOf(path));
  if (!before?.isFile()) throw missing(path, "no such file");
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const handle = await open(absolute, flags).catch(ignoreMissing);
  if (handle === undefined) throw missing(path, "no such file");
  const isSame = await isWhere(handle, absolute).catch(() => false);
  if (isSame) return handle;
  await handle.close();
  throw missing(path, "it was replaced while it was opened");
}

async function isWhere(handle: FileHandle, absolute: string): Promise<boolean> {
  const [opened, real] = [await handle.stat(), await realpath(absolute)];
  const named = await lstat(absolute);
  return real === absolute && opened.isFile() && opened.ino === named.ino && opened.dev === named.dev;
}

function isText(name: string): boolean {
  return isPlainName(name) && !name.includes("\ufffd");
}

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT" && error.code !== "ENOTDIR" && error.code !== "ELOOP") throw error;
}

function missing(path: string, state: string): StorageError {
  return new StorageError("storage/not-found", `Cannot read "${path}": ${state}`, { blame: "job" });
}
