import type { CallOptions } from "@gadus/protocol";
import type { CID } from "multiformats/cid";
import { blockKey } from "./block-key.ts";
import { entityLinksOf, linksOf, unreadable } from "./unixfs-node.ts";
import type { GetBlock } from "./unixfs-volume.ts";

/** Blocks of one tree, at most: a terabyte in blocks of 1 MiB. */
export const MAX_DAG_BLOCKS = 1_000_000;

/** How much of a tree: all, its root's own file or folder without what is in the folder, or the root's block alone. */
export type DagScope = "all" | "entity" | "block";

const LINKS_BY_SCOPE = { all: linksOf, entity: entityLinksOf, block: () => [] } as const;

export interface WalkOptions extends CallOptions {
  /** @default "all" */
  readonly scope?: DagScope;
}

/**
 * Every block of the tree under `root` once, as far as `scope` says, parents before children, depth first.
 *
 * @throws {StorageError} `storage/not-readable` for more than {@link MAX_DAG_BLOCKS}, and what `getBlock` throws
 */
export async function* walkDag(
  root: CID,
  getBlock: GetBlock,
  { scope = "all", ...options }: WalkOptions = {},
): AsyncGenerator<{ readonly cid: CID; readonly bytes: Uint8Array }> {
  const seen = new Set<string>();
  const ahead: CID[] = [root];
  for (let cid = ahead.pop(); cid !== undefined; cid = ahead.pop()) {
    const key = blockKey(cid);
    if (seen.has(key)) continue;
    seen.add(key);
    const bytes = await getBlock(cid, options);
    const links = LINKS_BY_SCOPE[scope](cid, bytes);
    if (seen.size + ahead.length + links.length > MAX_DAG_BLOCKS) {
      throw unreadable(root, `its tree has more than ${MAX_DAG_BLOCKS} links`);
    }
    yield { cid, bytes };
    ahead.push(...links.toReversed());
  }
}
