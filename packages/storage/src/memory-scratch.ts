import { joinChunks } from "./import-content.ts";
import { volumeOf } from "./memory-volume.ts";
import { namesOf } from "./relative-path.ts";
import type { ScratchFolder, ScratchSpace } from "./scratch-space.ts";
import { StorageError } from "./storage-error.ts";

/** Options of {@link createMemoryScratch}. */
export interface MemoryScratchOptions {
  /**
   * What all folders may hold together.
   *
   * @default no limit
   */
  readonly maxBytes?: number;
}

/** Scratch space in memory, for tests and simulations; it is as durable as the object. */
export function createMemoryScratch(options: MemoryScratchOptions = {}): ScratchSpace {
  const maxBytes = options.maxBytes ?? Number.POSITIVE_INFINITY;
  const folders = new Map<string, Map<string, Uint8Array>>();
  return {
    async create(id): Promise<ScratchFolder> {
      const contents = new Map<string, Uint8Array>();
      folders.set(id, contents);
      return scratchFolder(contents, (more) => totalBytes(folders) + more <= maxBytes);
    },
    async open(id): Promise<ScratchFolder | undefined> {
      const contents = folders.get(id);
      return contents && scratchFolder(contents, (more) => totalBytes(folders) + more <= maxBytes);
    },
    async remove(id): Promise<void> {
      folders.delete(id);
    },
    async *list(): AsyncGenerator<string> {
      yield* folders.keys();
    },
  };
}

function scratchFolder(contents: Map<string, Uint8Array>, fits: (more: number) => boolean): ScratchFolder {
  return {
    ...volumeOf(contents),
    hostPath: undefined,
    async write(path, content, options = {}): Promise<void> {
      options.signal?.throwIfAborted();
      const names = namesOf(path);
      const above = names.slice(0, -1).map((_, index) => names.slice(0, index + 1).join("/"));
      const inTheWay = above.find((folder) => contents.has(folder));
      const isFolder = [...contents.keys()].some((key) => key.startsWith(`${path}/`));
      if (names.length === 0 || inTheWay !== undefined || isFolder) {
        const state = inTheWay === undefined ? "it is a folder" : `"${inTheWay}" is a file`;
        throw new StorageError("storage/not-allowed", `Cannot write "${path}": ${state}`);
      }
      const bytes = (await joinChunks(content)).slice();
      options.signal?.throwIfAborted();
      if (!fits(bytes.length - (contents.get(path)?.length ?? 0))) {
        throw new StorageError(
          "storage/full",
          `Cannot write "${path}": scratch space has no ${bytes.length} bytes left`,
        );
      }
      contents.set(path, bytes);
    },
    async sync(): Promise<void> {},
  };
}

function totalBytes(folders: ReadonlyMap<string, ReadonlyMap<string, Uint8Array>>): number {
  let sum = 0;
  for (const contents of folders.values()) for (const content of contents.values()) sum += content.length;
  return sum;
}
