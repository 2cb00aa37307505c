import type { CommitOptions } from "@gadus/protocol";
import type { BlockFiles } from "./block-files.ts";
import type { BlockTable } from "./block-table.ts";
import type { GroupCommit } from "./group-commit.ts";
import { orFull } from "./storage-full.ts";

/** Blocks of at most this size are rows; larger ones are files. */
export const MAX_ROW_BYTES = 64 * 1024;

/** What the parts of a disk block store share. */
export interface DiskParts {
  readonly table: BlockTable;
  readonly files: BlockFiles;
  readonly commits: GroupCommit;
  /** How many unfinished pins are about to hold a block: it isn't removed meanwhile. */
  readonly claims: Map<string, number>;
}

/** Commits `action`, and then removes the blocks that it answers unless something holds or claims them; answers how many. */
export async function removeAfter(
  parts: DiskParts,
  action: () => readonly string[],
  { durable = true }: CommitOptions = {},
): Promise<number> {
  const { table, files, commits, claims } = parts;
  const released = await commits.run(() => {
    const keys = action().filter((key) => !claims.has(key) && !table.isHeld(key));
    for (const key of keys) table.remove(key);
    return keys;
  }, durable);
  for (const key of released) if (!claims.has(key) && !table.isHeld(key)) files.remove(key);
  return released.length;
}

/** Writes a large block's file, if it isn't there. */
export async function putLarge({ files }: DiskParts, key: string, bytes: Uint8Array): Promise<void> {
  if (!(await files.has(key))) await files.write(key, bytes).catch(orFull("write a block"));
}
