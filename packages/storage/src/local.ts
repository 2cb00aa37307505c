import { realpath, stat } from "node:fs/promises";
import { isAbsolute, relative, sep } from "node:path";
import { messageOf, type ReadableVolume, type Spec } from "@gadus/protocol";
import { createFolderVolume } from "./folder-volume.ts";
import { StorageError } from "./storage-error.ts";
import type { Availability, StorageSource } from "./storage.ts";

/** Options of {@link createLocalSource}. */
export interface LocalSourceOptions {
  /** Absolute paths of the folders that jobs may read, with all below them; none by default. */
  readonly allowedFolders: readonly string[];
}

/**
 * Presents the folder or file of this machine in the parameter `path`, read-only.
 *
 * Links are resolved once, before the path is held against the allowed folders; none is followed after that.
 */
export function createLocalSource({ allowedFolders }: LocalSourceOptions): StorageSource {
  const resolve = async (source: Spec): Promise<{ real: string; sizeBytes: number | undefined }> => {
    const path = pathOf(source);
    const real = await realpath(path).catch(() => undefined);
    const allowed = await Promise.all(
      allowedFolders.map((folder) => realpath(folder).catch(() => undefined)),
    );
    // What is outside is refused alike whether it is there or not, so that jobs can't look around.
    if (!allowed.some((folder) => folder !== undefined && isWithin(folder, real ?? path))) {
      throw new StorageError(
        "storage/not-allowed",
        `Cannot open "${path}": it is in none of the folders that jobs may read here`,
        {
          hint: "The operator of the node lists them in its configuration.",
        },
      );
    }
    const found = real === undefined ? undefined : await stat(real).catch(() => undefined);
    if (real === undefined || found === undefined) {
      throw new StorageError("storage/not-found", `Cannot open "${path}": there is no such file or folder`);
    }
    if (!found.isFile() && !found.isDirectory()) {
      throw new StorageError("storage/not-allowed", `Cannot open "${path}": it is neither file nor folder`);
    }
    return { real, sizeBytes: found.isFile() ? found.size : undefined };
  };
  return {
    type: "local",
    async check(source, options = {}): Promise<Availability> {
      options.signal?.throwIfAborted();
      try {
        const { sizeBytes } = await resolve(source);
        return sizeBytes === undefined ? { available: true } : { available: true, sizeBytes };
      } catch (error) {
        return { available: false, reason: messageOf(error) };
      }
    },
    async open(source, options = {}): Promise<ReadableVolume> {
      options.signal?.throwIfAborted();
      return createFolderVolume((await resolve(source)).real);
    },
  };
}

function pathOf(source: Spec): string {
  const path = source.params["path"];
  if (typeof path === "string" && isAbsolute(path) && !path.includes("\u0000")) return path;
  const shown = path === undefined ? "missing" : JSON.stringify(path);
  throw new StorageError(
    "storage/invalid-source",
    `Cannot open a local input: its parameter "path" is ${shown}, not an absolute path`,
    { blame: "job" },
  );
}

function isWithin(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way === "" || (way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way));
}
