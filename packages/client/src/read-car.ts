import { asyncIterableReader, createDecoder } from "@ipld/car/decoder";
import { CID } from "multiformats/cid";
import { blockKey } from "./block-key.ts";
import { ClientError } from "./client-error.ts";
import { entityLinksOf, linksOf, unreadable } from "./unixfs-node.ts";
import { MAX_BLOCK_BYTES, verifyBlock } from "./verify-block.ts";

/** Blocks of one tree, at most: a terabyte in blocks of 1 MiB. */
const MAX_DAG_BLOCKS = 1_000_000;

/** How much of a tree: all, its root's own file or folder without what is in the folder, or the root's block alone. */
export type DagScope = "all" | "entity" | "block";

const LINKS_BY_SCOPE = { all: linksOf, entity: entityLinksOf, block: () => [] } as const;

/**
 * The blocks of the tree under `root`, as far as `scope` says, from a CAR, each once and checked against its CID.
 *
 * A block has to come after one that refers to it, and only blocks of the tree may come: whoever sends the CAR can't
 * make it take more than the tree. Holds one block at a time.
 *
 * @throws {ClientError} `client/invalid-block` for a wrong block, `client/not-readable` for what is no CAR,
 * `client/not-found` where a block of the tree doesn't come
 */
export async function* readCar(
  stream: AsyncIterable<Uint8Array>,
  root: CID,
  { scope = "all" }: { readonly scope?: DagScope } = {},
): AsyncGenerator<{ readonly cid: CID; readonly bytes: Uint8Array }> {
  const linksIn = LINKS_BY_SCOPE[scope];
  const wanted = new Map<string, CID>([[blockKey(root), root]]);
  const seen = new Set<string>();
  for await (const { cid: named, bytes } of blocksIn(stream, root)) {
    const key = blockKey(named);
    if (seen.has(key)) continue;
    // The codec is what the tree says it is, and not what the sender says.
    const cid = wanted.get(key);
    if (cid === undefined)
      throw unreadable(named, `it is not part of "${root.toString()}", or comes too early`);
    wanted.delete(key);
    await verifyBlock(cid, bytes);
    seen.add(key);
    for (const link of linksIn(cid, bytes)) if (!seen.has(blockKey(link))) wanted.set(blockKey(link), link);
    if (seen.size + wanted.size > MAX_DAG_BLOCKS)
      throw unreadable(root, `its tree has more than ${MAX_DAG_BLOCKS} blocks`);
    yield { cid, bytes };
    // A gateway may send more than it was asked for: one that doesn't know of scopes sends all.
    if (wanted.size === 0 && scope !== "all") return;
  }
  const [missing] = wanted.values();
  if (missing === undefined) return;
  const state = `its block "${missing.toString()}" didn't come, nor ${wanted.size - 1} others`;
  throw new ClientError("client/not-found", `Cannot unpack "${root.toString()}": ${state}`);
}

async function* blocksIn(
  stream: AsyncIterable<Uint8Array>,
  root: CID,
): AsyncGenerator<{ readonly cid: CID; readonly bytes: Uint8Array }> {
  let read = 0;
  let failed: unknown;
  const watched = async function* (): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of stream) {
        read += chunk.length;
        yield chunk;
      }
    } catch (error) {
      failed = error;
      throw error;
    }
  };
  const reader = asyncIterableReader(watched());
  const bounded = {
    upTo: (length: number) => reader.upTo(length),
    exactly(length: number, seek?: boolean) {
      if (length > MAX_BLOCK_BYTES) throw new RangeError(`a part of it says that it has ${length} bytes`);
      return reader.exactly(length, seek);
    },
    seek: (length: number) => reader.seek(length),
    get pos() {
      return reader.pos;
    },
  };
  try {
    yield* createDecoder(bounded).blocks();
  } catch (cause) {
    if (failed !== undefined || cause instanceof ClientError) throw cause;
    throw unreadable(root, `what came is not a CAR, or breaks off after ${read} bytes`, cause);
  }
}

/** The CID that `text` writes, of either version. @throws {ClientError} `client/not-readable` */
export function parseCid(text: string): CID {
  try {
    return CID.parse(text);
  } catch (cause) {
    const hint = "Write a CID such as bafy… or Qm….";
    throw new ClientError("client/not-readable", `Cannot use "${text}" as a CID: it doesn't parse`, {
      cause,
      hint,
    });
  }
}
