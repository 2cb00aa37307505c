import type { CID } from "multiformats/cid";
import type { BlockStore } from "./block-store.ts";
import { type BlockSource, fetchBlocks, type FetchOptions } from "./fetch-tree.ts";
import { decodeUnixfs } from "./unixfs-node.ts";
import { entriesOf, type LoadNode } from "./write-tree.ts";

/**
 * The CID of what is at `path` in the tree under `root`; undefined where nothing is. Has `store` hold the folders on the
 * way, and nothing of what else is in them.
 *
 * @throws {ClientError} as {@link fetchBlocks} does
 */
export async function findPath(
  source: BlockSource,
  store: BlockStore,
  root: CID,
  { path, ...options }: FetchOptions & { readonly path: string },
): Promise<CID | undefined> {
  const load: LoadNode = async (cid) => decodeUnixfs(cid, await store.get(cid));
  let at = root;
  for (const name of pathSegments(path)) {
    if (!store.has(at)) await fetchBlocks(source, store, at, { ...options, scope: "block" });
    const node = await load(at);
    if (node.kind === "shard") await fetchBlocks(source, store, at, { ...options, scope: "entity" });
    else if (node.kind !== "folder") return undefined;
    const next = (await entriesOf(load, node)).get(name);
    if (next === undefined) return undefined;
    at = next;
  }
  return at;
}

/** The names of a path within a tree; a slash at either end, and `.`, mean nothing. */
export function pathSegments(path: string): readonly string[] {
  return path.split("/").filter((name) => name !== "" && name !== ".");
}
