import type { CallOptions } from "@gadus/protocol";
import type { CID } from "multiformats/cid";
import { blockKey } from "./block-key.ts";
import { linksOf, unreadable } from "./unixfs-node.ts";
import type { GetBlock } from "./unixfs-volume.ts";

/** Blocks of one tree, at most: a terabyte in blocks of 1 MiB. */
export const MAX_DAG_BLOCKS = 1_000_000;

/**
 * Every block of the tree under `root` once, parents before children, depth first.
 *
 * @throws {StorageError} `storage/not-readable` for more than {@link MAX_DAG_BLOCKS}, and what `getBlock` throws
 */
export async function* walkDag(
  root: CID,
  getBlock: GetBlock,
  options: CallOptions = {},
): AsyncGenerator<{ readonly cid: CID; readonly bytes: Uint8Array }> {
  const seen = new Set<string>();
  const ahead: CID[] = [root];
  for (let cid = ahead.pop(); cid !== undefined; cid = ahead.pop()) {
    const key = blockKey(cid);
    if (seen.has(key)) continue;
    seen.add(key);
    const bytes = await getBlock(cid, options);
    const links = linksOf(cid, bytes);
    if (seen.size + ahead.length + links.length > MAX_DAG_BLOCKS) {
      throw unreadable(root, `its tree has more than ${MAX_DAG_BLOCKS} links`);
    }
    yield { cid, bytes };
    ahead.push(...links.toReversed());
  }
}
