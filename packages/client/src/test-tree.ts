import { CarWriter } from "@ipld/car/writer";
import * as dagPb from "@ipld/dag-pb";
import { UnixFS } from "ipfs-unixfs";
import { CID } from "multiformats/cid";
import * as raw from "multiformats/codecs/raw";
import { sha256 } from "multiformats/hashes/sha2";

const CHUNK_BYTES = 1024 * 1024;

/** Files by their paths, or by their names, with folders in folders. */
export interface Files {
  readonly [name: string]: string | Uint8Array | Files;
}

/** A UnixFS tree as blocks, those that lead to others before them. */
export interface Tree {
  readonly cid: CID;
  readonly sizeBytes: number;
  readonly blocks: readonly { readonly cid: CID; readonly bytes: Uint8Array }[];
}

/** `length` bytes that don't repeat soon. */
export function patternBytes(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => Math.imul(index, 0x9e3779b1) >>> 24);
}

/** The tree of a folder, which may have any names. */
export async function folderTree(entries: readonly (readonly [string, Tree])[]): Promise<Tree> {
  const links = entries.map(([Name, { cid, sizeBytes }]) => ({ Name, Tsize: sizeBytes, Hash: cid }));
  const Data = new UnixFS({ type: "directory" }).marshal();
  return await parent(
    dagPb.prepare({ Data, Links: links }),
    entries.map(([, tree]) => tree),
  );
}

/** The tree of one file, in leaves of 1 MiB. */
export async function fileTree(content: string | Uint8Array): Promise<Tree> {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  if (bytes.length <= CHUNK_BYTES) return await leaf(bytes);
  const leaves: Tree[] = [];
  for (let from = 0; from < bytes.length; from += CHUNK_BYTES)
    leaves.push(await leaf(bytes.subarray(from, from + CHUNK_BYTES)));
  return await joinedFile(leaves);
}

/** The tree of the file whose content is that of `parts`, one behind the other. */
export async function joinedFile(parts: readonly Tree[]): Promise<Tree> {
  const Data = new UnixFS({
    type: "file",
    blockSizes: parts.map(({ sizeBytes }) => BigInt(sizeBytes)),
  }).marshal();
  const Links = parts.map(({ cid, sizeBytes }) => ({ Name: "", Tsize: sizeBytes, Hash: cid }));
  return await parent(dagPb.prepare({ Data, Links }), parts);
}

/** The tree of folders in folders. */
export async function treeOf(files: Files): Promise<Tree> {
  const names = Object.keys(files).sort();
  const entries: [string, Tree][] = [];
  for (const name of names) {
    const value = files[name] ?? "";
    const isFile = typeof value === "string" || value instanceof Uint8Array;
    entries.push([name, isFile ? await fileTree(value) : await treeOf(value)]);
  }
  return await folderTree(entries);
}

/** A tree as a CAR, each block once, in the chunks that it is written in. */
export async function carOf({ cid, blocks }: Tree): Promise<readonly Uint8Array[]> {
  const { writer, out } = CarWriter.create([cid]);
  const chunks: Uint8Array[] = [];
  const reading = (async () => {
    for await (const chunk of out) chunks.push(chunk);
  })();
  const sent = new Set<string>();
  for (const block of blocks) {
    if (sent.has(block.cid.toString())) continue;
    sent.add(block.cid.toString());
    await writer.put(block);
  }
  await writer.close();
  await reading;
  return chunks;
}

async function leaf(bytes: Uint8Array): Promise<Tree> {
  const cid = CID.createV1(raw.code, await sha256.digest(bytes));
  return { cid, sizeBytes: bytes.length, blocks: [{ cid, bytes }] };
}

async function parent(node: dagPb.PBNode, below: readonly Tree[]): Promise<Tree> {
  const bytes = dagPb.encode(node);
  const cid = CID.createV1(dagPb.code, await sha256.digest(bytes));
  const sizeBytes = below.reduce((sum, tree) => sum + tree.sizeBytes, 0);
  return { cid, sizeBytes, blocks: [{ cid, bytes }, ...below.flatMap(({ blocks }) => blocks)] };
}
