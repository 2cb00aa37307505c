import { compareBytewise, type ReadableVolume, type VolumeEntry } from "@gadus/protocol";
import { joinPath, namesOf } from "./relative-path.ts";
import { StorageError } from "./storage-error.ts";

/**
 * A volume of `files`, by path; text is UTF-8. The folders above a file are there by themselves.
 *
 * A file under `""` makes the volume that one file.
 *
 * @throws {StorageError} `storage/not-allowed` for a path that isn't relative and plain
 */
export function memoryVolume(files: Readonly<Record<string, Uint8Array | string>>): ReadableVolume {
  const contents = new Map<string, Uint8Array>();
  for (const [path, content] of Object.entries(files)) {
    namesOf(path);
    contents.set(path, typeof content === "string" ? new TextEncoder().encode(content) : content);
  }
  return volumeOf(contents);
}

/** A volume of what `contents` hold at each call. */
export function volumeOf(contents: ReadonlyMap<string, Uint8Array>): ReadableVolume {
  const stat = (path: string): VolumeEntry | undefined => {
    namesOf(path);
    const content = contents.get(path);
    if (content !== undefined) return { path, kind: "file", sizeBytes: content.length };
    const inside = path === "" || [...contents.keys()].some((key) => key.startsWith(`${path}/`));
    return inside ? { path, kind: "folder", sizeBytes: 0 } : undefined;
  };
  return {
    async stat(path, options = {}): Promise<VolumeEntry | undefined> {
      options.signal?.throwIfAborted();
      return stat(path);
    },
    async *list(path, options = {}): AsyncGenerator<VolumeEntry> {
      options.signal?.throwIfAborted();
      if (stat(path)?.kind !== "folder") throw missing(path, "no such folder");
      const prefix = path === "" ? "" : `${path}/`;
      const names = new Set<string>();
      for (const key of contents.keys()) {
        if (key.startsWith(prefix)) names.add(key.slice(prefix.length).split("/", 1)[0] ?? "");
      }
      for (const name of [...names].sort(compareBytewise)) {
        const entry = stat(joinPath(path, name));
        if (entry !== undefined) yield entry;
      }
    },
    async read(path, offsetBytes, lengthBytes, options = {}): Promise<Uint8Array> {
      options.signal?.throwIfAborted();
      namesOf(path);
      const content = contents.get(path);
      if (content === undefined) throw missing(path, "no such file");
      // Not slice(), by which a Buffer gives a part of itself away.
      return new Uint8Array(content.subarray(offsetBytes, offsetBytes + lengthBytes));
    },
    async close(): Promise<void> {},
  };
}

function missing(path: string, state: string): StorageError {
  return new StorageError("storage/not-found", `Cannot read "${path}": ${state}`, { blame: "job" });
}
