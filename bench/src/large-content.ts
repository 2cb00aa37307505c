import { openDiskBlocks } from "@gadus/storage/disk-blocks";
import * as dagPb from "@ipld/dag-pb";
import { UnixFS } from "ipfs-unixfs";
import { CID } from "multiformats/cid";
import * as raw from "multiformats/codecs/raw";
import { sha256 } from "multiformats/hashes/sha2";

const MIB = 1024 ** 2;
const LEAF_BYTES = MIB;
/** Links of one block, as profile `unixfs-v1-2025` has them. */
const LINKS = 1024;

/** A file that takes far less room than its size says. */
export interface LargeContent {
  readonly cid: string;
  readonly sizeBytes: number;
  /** What of it differs: from there on its leaves come again, in the same order. */
  readonly distinctBytes: number;
  /** Every block of it once. */
  readonly blocks: readonly string[];
}

/**
 * Puts a file of `parts` GiB into the blocks in `folder`, which no node has open: each part is the same `leaves` leaves
 * of 1 MiB again and again.
 *
 * All of its CIDs and sizes are those of a file that holds just that; only the disk is spared.
 */
export async function makeLargeContent(
  folder: string,
  { parts, leaves }: { readonly parts: number; readonly leaves: number },
): Promise<LargeContent> {
  const disk = await openDiskBlocks(folder);
  const blocks: string[] = [];
  try {
    const { cid } = await disk.pin(async (sink) => {
      const put = async (codec: number, bytes: Uint8Array): Promise<CID> => {
        const key = CID.createV1(codec, await sha256.digest(bytes));
        await sink.put(key, bytes);
        blocks.push(key.toString());
        return key;
      };
      const found: CID[] = [];
      for (let leaf = 0; leaf < leaves; leaf += 1) found.push(await put(raw.code, leafOf(leaf)));
      const links = Array.from({ length: LINKS }, (_, at) => found[at % leaves] as CID);
      const part = await put(dagPb.code, nodeOf(links, LEAF_BYTES));
      const root = await put(dagPb.code, nodeOf(Array<CID>(parts).fill(part), LINKS * LEAF_BYTES));
      return { reason: "benchmark", cid: root.toString() };
    });
    return { cid, sizeBytes: parts * LINKS * LEAF_BYTES, distinctBytes: leaves * LEAF_BYTES, blocks };
  } finally {
    await disk.close();
  }
}

/** How many of `blocks` are in `folder`, which no node has open. */
export async function countBlocks(folder: string, blocks: readonly string[]): Promise<number> {
  const disk = await openDiskBlocks(folder);
  try {
    const here = await Promise.all(blocks.map((cid) => disk.has(CID.parse(cid))));
    return here.filter(Boolean).length;
  } finally {
    await disk.close();
  }
}

function leafOf(index: number): Uint8Array {
  const words = new Uint32Array(LEAF_BYTES / Uint32Array.BYTES_PER_ELEMENT);
  // Numbers that don't repeat, so that nothing on the way can make them shorter.
  for (let at = 0, state = index + 1; at < words.length; at += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    words[at] = state;
  }
  return new Uint8Array(words.buffer);
}

function nodeOf(children: readonly CID[], sizeBytes: number): Uint8Array {
  const unixfs = new UnixFS({ type: "file", blockSizes: children.map(() => BigInt(sizeBytes)) });
  const Links = children.map((Hash) => ({ Name: "", Hash, Tsize: sizeBytes }));
  return dagPb.encode({ Data: unixfs.marshal(), Links });
}
