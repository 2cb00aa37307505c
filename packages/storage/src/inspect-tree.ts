import type { CallOptions } from "@gadus/protocol";
import type { CID } from "multiformats/cid";
import { blockKey } from "./block-key.ts";
import { decodeUnixfs, linksOf, unreadable } from "./unixfs-node.ts";
import type { GetBlock } from "./unixfs-volume.ts";
import { MAX_DAG_BLOCKS } from "./walk-dag.ts";

const MAX_DEPTH = 1000;

/**
 * The size of all files in the tree under `root` together, every block of which is read and checked.
 *
 * @throws {StorageError} `storage/not-readable` for a tree that isn't well-formed, and what `getBlock` throws
 */
export async function measureTree(root: CID, getBlock: GetBlock, options: CallOptions = {}): Promise<number> {
  const sizes = new Map<string, number>();
  const measure = async (cid: CID, depth: number): Promise<number> => {
    const key = `${cid.code}:${blockKey(cid)}`;
    const known = sizes.get(key);
    if (known !== undefined) return known;
    if (depth > MAX_DEPTH || sizes.size > MAX_DAG_BLOCKS) throw unreadable(root, "its tree is too large");
    const node = decodeUnixfs(cid, await getBlock(cid, options));
    if (node.kind === "other") throw unreadable(cid, `it is a ${node.type}, neither file nor folder`);
    let sizeBytes = node.kind === "file" ? node.content.length : 0;
    for (const link of node.kind === "file" ? node.children : node.links) {
      const below = await measure(link.cid, depth + 1);
      if ("sizeBytes" in link && link.sizeBytes !== below) {
        throw unreadable(cid, `it says ${link.sizeBytes} bytes for a part that has ${below}`);
      }
      sizeBytes += below;
    }
    sizes.set(key, sizeBytes);
    return sizeBytes;
  };
  return measure(root, 0);
}

/**
 * Reads the root and `paths` ways from there to a leaf, chosen by `pick`.
 *
 * `pick(count)` answers a random whole number from 0 to below `count`.
 *
 * @throws {StorageError} what `getBlock` throws
 */
export async function sampleTree(
  root: CID,
  getBlock: GetBlock,
  { paths, pick, signal }: CallOptions & { readonly paths: number; readonly pick: (count: number) => number },
): Promise<void> {
  for (let path = 0; path < Math.max(1, paths); path += 1) {
    let cid: CID | undefined = root;
    for (let depth = 0; cid !== undefined && depth < MAX_DEPTH; depth += 1) {
      const links: readonly CID[] = linksOf(cid, await getBlock(cid, { signal }));
      cid = links.length === 0 ? undefined : links[pick(links.length)];
    }
  }
}
