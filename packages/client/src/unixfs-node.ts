import * as dagPb from "@ipld/dag-pb";
import { UnixFS } from "ipfs-unixfs";
import type { CID } from "multiformats/cid";
import * as raw from "multiformats/codecs/raw";
import { ClientError } from "./client-error.ts";

/** One block of a UnixFS tree, decoded. */
export type UnixfsNode =
  | {
      readonly kind: "file";
      readonly sizeBytes: number;
      /** What the block itself holds; the children's content follows it. */
      readonly content: Uint8Array;
      readonly children: readonly { readonly cid: CID; readonly sizeBytes: number }[];
    }
  | { readonly kind: "folder"; readonly links: readonly UnixfsLink[] }
  /** A part of a folder that is spread over many blocks; a name that is all prefix leads to the next part. */
  | { readonly kind: "shard"; readonly prefixLength: number; readonly links: readonly UnixfsLink[] }
  | { readonly kind: "other"; readonly type: string };

export interface UnixfsLink {
  readonly name: string;
  readonly cid: CID;
}

/**
 * Decodes one block of a UnixFS tree (https://specs.ipfs.tech/unixfs/).
 *
 * @throws {ClientError} `client/not-readable` where it isn't one
 */
export function decodeUnixfs(cid: CID, bytes: Uint8Array): UnixfsNode {
  if (cid.code === raw.code) return { kind: "file", sizeBytes: bytes.length, content: bytes, children: [] };
  const node = decodePb(cid, bytes);
  let unixfs: UnixFS;
  try {
    unixfs = UnixFS.unmarshal(node.Data ?? new Uint8Array(0));
  } catch (cause) {
    throw unreadable(cid, "it is not UnixFS", cause);
  }
  const links = node.Links.map((link) => ({ name: link.Name ?? "", cid: link.Hash }));
  switch (unixfs.type) {
    case "raw":
    case "file":
      return fileNode(cid, unixfs, links);
    case "directory":
      return { kind: "folder", links };
    case "hamt-sharded-directory":
      return { kind: "shard", prefixLength: prefixLength(cid, unixfs), links };
    default:
      return { kind: "other", type: unixfs.type };
  }
}

/**
 * The CIDs that a block of a UnixFS tree refers to, in its order.
 *
 * @throws {ClientError} `client/not-readable` for a block that is neither dag-pb nor raw
 */
export function linksOf(cid: CID, bytes: Uint8Array): readonly CID[] {
  return cid.code === raw.code ? [] : decodePb(cid, bytes).Links.map((link) => link.Hash);
}

/**
 * Those of them that belong to the same file or folder: the parts of a file, and of a folder that is spread over many
 * blocks, but not what is in the folder.
 *
 * @throws {ClientError} `client/not-readable`
 */
export function entityLinksOf(cid: CID, bytes: Uint8Array): readonly CID[] {
  const node = decodeUnixfs(cid, bytes);
  if (node.kind === "file") return node.children.map((child) => child.cid);
  if (node.kind !== "shard") return [];
  return node.links.filter(({ name }) => name.length === node.prefixLength).map((link) => link.cid);
}

/** Bytes of all blocks below one, as far as it says: those that are there twice count twice. */
export function declaredBytes(cid: CID, bytes: Uint8Array): number {
  if (cid.code === raw.code) return bytes.length;
  return decodePb(cid, bytes).Links.reduce((sum, { Tsize = 0 }) => sum + Tsize, bytes.length);
}

function decodePb(cid: CID, bytes: Uint8Array): dagPb.PBNode {
  if (cid.code !== dagPb.code) throw unreadable(cid, `its codec 0x${cid.code.toString(16)} is not UnixFS`);
  try {
    return dagPb.decode(bytes);
  } catch (cause) {
    throw unreadable(cid, "it is not dag-pb", cause);
  }
}

function fileNode(cid: CID, unixfs: UnixFS, links: readonly UnixfsLink[]): UnixfsNode {
  if (links.length !== unixfs.blockSizes.length) throw unreadable(cid, "its sizes don't match its links");
  const content = unixfs.data ?? new Uint8Array(0);
  const children = links.map((link, index) => ({
    cid: link.cid,
    sizeBytes: Number(unixfs.blockSizes[index] ?? 0n),
  }));
  const sizeBytes = children.reduce((sum, child) => sum + child.sizeBytes, content.length);
  if (!Number.isSafeInteger(sizeBytes)) throw unreadable(cid, "its size is out of range");
  return { kind: "file", sizeBytes, content, children };
}

function prefixLength(cid: CID, unixfs: UnixFS): number {
  const fanOut = Number(unixfs.fanout ?? 0n);
  if (fanOut < 2 || fanOut > 1024) throw unreadable(cid, `its fan-out is ${fanOut}`);
  return (fanOut - 1).toString(16).length;
}

/** The error of a block that can't be read as what it should be. */
export function unreadable(cid: CID, state: string, cause?: unknown): ClientError {
  return new ClientError("client/not-readable", `Cannot read block "${cid.toString()}": ${state}`, { cause });
}
