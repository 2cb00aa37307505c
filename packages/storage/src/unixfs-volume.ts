import { type CallOptions, compareBytewise, type ReadableVolume, type VolumeEntry } from "@gadus/protocol";
import type { CID } from "multiformats/cid";
import * as raw from "multiformats/codecs/raw";
import { type KeptLeaves, keepLeaves } from "./kept-leaves.ts";
import { KeptValues } from "./kept-values.ts";
import { isPlainName, joinPath, namesOf } from "./relative-path.ts";
import { StorageError } from "./storage-error.ts";
import { decodeUnixfs, type UnixfsNode, unreadable } from "./unixfs-node.ts";
import { MAX_BLOCK_BYTES } from "./verify-block.ts";

/** How a block is to be had. */
export interface BlockOptions extends CallOptions {
  /**
   * Memory of the block's length that its bytes may be put in: whoever gives it wants the block no second time, and
   * has a use for nothing but these bytes.
   */
  readonly into?: Uint8Array;
}

/** Gives the bytes of a block, checked against its CID. */
export type GetBlock = (cid: CID, options?: BlockOptions) => Promise<Uint8Array>;

/** Entries of one folder, at most. */
const MAX_FOLDER_ENTRIES = 100_000;
/** Blocks on the way from a file's or folder's root to a leaf, at most. */
const MAX_DEPTH = 32;
/** Blocks that one call fetches at a time. */
const FETCHES = 8;
/** What a volume keeps of decoded blocks that lead to others, by {@link weightOf}. */
const MAX_NODE_BYTES = 8 * 1024 * 1024;
/** What a decoded link takes, about. */
const LINK_BYTES = 512;
/** Leaves that are kept of a volume that has no others to share them with. */
const MAX_LEAF_BYTES = 4 * 1024 * 1024;

type FileNode = Extract<UnixfsNode, { kind: "file" }>;

/**
 * Presents the UnixFS tree under `root` as a volume; a block is fetched when what it holds is read.
 *
 * Symbolic links are not shown. Memory: the content that one call answers, a few blocks, {@link MAX_NODE_BYTES}, and
 * what `leaves` keep.
 */
export function createUnixfsVolume(
  root: CID,
  getBlock: GetBlock,
  leaves: KeptLeaves = keepLeaves(getBlock, MAX_LEAF_BYTES),
): ReadableVolume {
  const nodes = new KeptValues<UnixfsNode>(MAX_NODE_BYTES);
  const children = new WeakMap<UnixfsNode, ReadonlyMap<string, CID>>();

  const load = async (cid: CID, options: CallOptions): Promise<UnixfsNode> => {
    const key = cid.toString();
    const known = nodes.get(key);
    if (known !== undefined) return known;
    const bytes = await getBlock(cid, options);
    if (cid.code === raw.code) leaves.keep(cid, bytes);
    const node = cid.code === raw.code ? leafAlone(cid, bytes.length) : decodeUnixfs(cid, bytes);
    nodes.put(key, node, weightOf(node));
    return node;
  };
  const ports: RangePorts = { root, load, leaves };

  const childrenOf = async (node: UnixfsNode, options: CallOptions): Promise<ReadonlyMap<string, CID>> => {
    let found = children.get(node);
    if (found === undefined) {
      found = await listLinks(root, node, getBlock, options);
      children.set(node, found);
    }
    return found;
  };

  const find = async (path: string, options: CallOptions): Promise<UnixfsNode | undefined> => {
    let node = await load(root, options);
    for (const name of namesOf(path)) {
      if (node.kind !== "folder" && node.kind !== "shard") return undefined;
      const cid = (await childrenOf(node, options)).get(name);
      if (cid === undefined) return undefined;
      node = await load(cid, options);
    }
    return node.kind === "other" ? undefined : node;
  };

  return {
    async stat(path, options = {}): Promise<VolumeEntry | undefined> {
      const node = await find(path, options);
      return node === undefined ? undefined : entryOf(path, node);
    },
    async *list(path, options = {}): AsyncGenerator<VolumeEntry> {
      const node = await find(path, options);
      if (node === undefined || node.kind === "file") throw notFound(root, path, "no such folder");
      const links = [...(await childrenOf(node, options))].sort(([a], [b]) => compareBytewise(a, b));
      for (let from = 0; from < links.length; from += FETCHES) {
        const loaded = links
          .slice(from, from + FETCHES)
          .map(async ([name, cid]) => entryOf(joinPath(path, name), await load(cid, options)));
        for (const entry of await Promise.all(loaded)) if (entry !== undefined) yield entry;
      }
    },
    async read(path, offsetBytes, lengthBytes, options = {}): Promise<Uint8Array> {
      const node = await find(path, options);
      if (node === undefined || node.kind !== "file") throw notFound(root, path, "no such file");
      const end = Math.min(node.sizeBytes, offsetBytes + lengthBytes);
      const into = new Uint8Array(Math.max(0, end - offsetBytes));
      await readRange(ports, node, offsetBytes, into, options);
      return into;
    },
    async close(): Promise<void> {
      nodes.clear();
    },
  };
}

/** A file that is one leaf, as what leads to that. */
function leafAlone(cid: CID, sizeBytes: number): UnixfsNode {
  return { kind: "file", sizeBytes, content: new Uint8Array(0), children: [{ cid, sizeBytes }] };
}

function weightOf(node: UnixfsNode): number {
  if (node.kind === "file") return node.content.length + node.children.length * LINK_BYTES;
  return node.kind === "other" ? LINK_BYTES : node.links.length * LINK_BYTES;
}

function entryOf(path: string, node: UnixfsNode): VolumeEntry | undefined {
  if (node.kind === "other") return undefined;
  if (node.kind === "file") return { path, kind: "file", sizeBytes: node.sizeBytes };
  return { path, kind: "folder", sizeBytes: 0 };
}

async function listLinks(
  root: CID,
  node: UnixfsNode,
  getBlock: GetBlock,
  options: CallOptions,
): Promise<ReadonlyMap<string, CID>> {
  const found = new Map<string, CID>();
  const parts = new Set<string>();
  const collect = async (part: UnixfsNode, depth: number): Promise<void> => {
    if (part.kind !== "folder" && part.kind !== "shard")
      throw unreadable(root, "a folder's part is no folder");
    if (depth > MAX_DEPTH) throw unreadable(root, `a folder is nested deeper than ${MAX_DEPTH} blocks`);
    const prefixLength = part.kind === "shard" ? part.prefixLength : 0;
    const below: CID[] = [];
    for (const link of part.links) {
      const name = link.name.slice(prefixLength);
      if (part.kind === "shard" && name === "") {
        // Parts that share parts would take a time beyond all measure; no folder that anyone made has any.
        const key = link.cid.toString();
        if (parts.has(key)) throw unreadable(root, "a part of a folder is there twice");
        parts.add(key);
        below.push(link.cid);
      } else if (!isPlainName(name)) {
        throw unreadable(root, `a folder holds the name ${JSON.stringify(name)}`);
      } else if (found.has(name)) {
        // Parts come in any order: what the name leads to would differ from node to node.
        throw unreadable(root, `a folder holds the name ${JSON.stringify(name)} twice`);
      } else found.set(name, link.cid);
    }
    if (found.size + parts.size > MAX_FOLDER_ENTRIES) {
      throw unreadable(root, `a folder holds more than ${MAX_FOLDER_ENTRIES} entries`);
    }
    for (let from = 0; from < below.length; from += FETCHES) {
      const fetched = below
        .slice(from, from + FETCHES)
        .map(async (cid) => collect(decodeUnixfs(cid, await getBlock(cid, options)), depth + 1));
      await Promise.all(fetched);
    }
  };
  await collect(node, 0);
  return found;
}

interface RangePorts {
  readonly root: CID;
  readonly load: (cid: CID, options: CallOptions) => Promise<UnixfsNode>;
  readonly leaves: KeptLeaves;
}

/** Fills `into` with what `node` holds from `offset`. */
async function readRange(
  ports: RangePorts,
  node: FileNode,
  offset: number,
  into: Uint8Array,
  options: CallOptions,
  depth = 0,
): Promise<void> {
  const { root, load, leaves } = ports;
  if (depth > MAX_DEPTH) throw unreadable(root, `a file is nested deeper than ${MAX_DEPTH} blocks`);
  const end = offset + into.length;
  if (offset < node.content.length) into.set(node.content.subarray(offset, end));
  let start = node.content.length;
  const wanted: { readonly cid: CID; readonly start: number; readonly sizeBytes: number }[] = [];
  for (const child of node.children) {
    if (start < end && start + child.sizeBytes > offset) wanted.push({ ...child, start });
    start += child.sizeBytes;
  }
  for (let from = 0; from < wanted.length; from += FETCHES) {
    const fetched = wanted.slice(from, from + FETCHES).map(async (child) => {
      const first = Math.max(offset, child.start);
      const target = into.subarray(first - offset, Math.min(end, child.start + child.sizeBytes) - offset);
      const wrong = `it is not the ${child.sizeBytes} bytes of a file that its parent says`;
      if (child.cid.code === raw.code) {
        if (child.sizeBytes > MAX_BLOCK_BYTES) throw unreadable(child.cid, wrong);
        const sizeBytes = await leaves.read(child, first - child.start, target, options);
        if (sizeBytes !== child.sizeBytes) throw unreadable(child.cid, wrong);
        return;
      }
      const part = await load(child.cid, options);
      if (part.kind !== "file" || part.sizeBytes !== child.sizeBytes) throw unreadable(child.cid, wrong);
      await readRange(ports, part, first - child.start, target, options, depth + 1);
    });
    await Promise.all(fetched);
  }
}

function notFound(root: CID, path: string, state: string): StorageError {
  return new StorageError("storage/not-found", `Cannot read "${path}" in "${root.toString()}": ${state}`, {
    blame: "job",
  });
}
