import { createHash } from "node:crypto";
import { createReadStream, type Dirent } from "node:fs";
import { mkdir, readdir, rename, stat } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { ClientError } from "./client-error.ts";

/** A folder to merge, and what tells its files from those of others where they differ. */
export interface MergedPart {
  readonly name: string;
  readonly folder: string;
}

/**
 * Moves what is in `parts` into the folder `into`, which is empty: folders of one name become one, files that are equal
 * become one.
 *
 * What differs is kept from each part, as `NAME.PART`, and nothing by its plain name; answers such paths.
 *
 * @throws {ClientError} `client/not-allowed` where that name is taken, too
 */
export async function mergeFolders(
  parts: readonly MergedPart[],
  into: string,
  below = "",
): Promise<readonly string[]> {
  const byName = new Map<string, { readonly part: MergedPart; readonly entry: Dirent }[]>();
  for (const part of parts) {
    for (const entry of await readdir(part.folder, { withFileTypes: true }))
      byName.set(entry.name, [...(byName.get(entry.name) ?? []), { part, entry }]);
  }
  const conflicts: string[] = [];
  for (const [name, found] of [...byName].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const path = below === "" ? name : `${below}/${name}`;
    const sources = found.map(({ part }) => join(part.folder, name));
    const [first = ""] = sources;
    if (found.length > 1 && found.every(({ entry }) => entry.isDirectory())) {
      await mkdir(join(into, name));
      const within = found.map(({ part }) => ({ name: part.name, folder: join(part.folder, name) }));
      conflicts.push(...(await mergeFolders(within, join(into, name), path)));
    } else if (
      found.length === 1 ||
      (found.every(({ entry }) => entry.isFile()) && (await areEqual(sources)))
    ) {
      await rename(first, join(into, name));
    } else {
      conflicts.push(path);
      for (const { part } of found) await keepBoth({ part, name, into, path }, byName);
    }
  }
  return conflicts;
}

interface Conflict {
  readonly part: MergedPart;
  readonly name: string;
  readonly into: string;
  readonly path: string;
}

async function keepBoth(
  { part, name, into, path }: Conflict,
  taken: ReadonlyMap<string, unknown>,
): Promise<void> {
  const own = `${name}.${part.name}`;
  if (taken.has(own)) {
    const message = `Cannot merge ${JSON.stringify(path)}: it differs, and ${JSON.stringify(own)} is there too`;
    throw new ClientError("client/not-allowed", message, { hint: "Download without merging." });
  }
  await rename(join(part.folder, name), join(into, own));
}

async function areEqual(files: readonly string[]): Promise<boolean> {
  const sizes = new Set(await Promise.all(files.map(async (file) => (await stat(file)).size)));
  if (sizes.size > 1) return false;
  const digests = new Set<string>();
  for (const file of files) {
    const hash = createHash("sha256");
    await pipeline(createReadStream(file), hash);
    digests.add(hash.digest("hex"));
    if (digests.size > 1) return false;
  }
  return true;
}
