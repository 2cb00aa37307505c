import type { BlockSink, CallOptions } from "@gadus/protocol";
import { CID } from "multiformats/cid";
import { blockKey } from "./block-key.ts";
import { collectBlocks } from "./collect-blocks.ts";
import type { Block } from "./content-store.ts";
import { measureTree, sampleTree } from "./inspect-tree.ts";
import { parseCid } from "./parse-cid.ts";
import type { Pin, PinnedBlocks } from "./pinned-blocks.ts";
import { StorageError } from "./storage-error.ts";
import { unreadable } from "./unixfs-node.ts";
import type { GetBlock } from "./unixfs-volume.ts";
import { verifyBlock } from "./verify-block.ts";

/** What publishers by content address need of the blocks that this node serves. */
export interface ServedContent {
  /** Serves what `fill` puts from now on, durably, under the reason that it answers; nothing where it rejects. */
  pin<T extends Pin>(fill: (sink: BlockSink) => Promise<T>): Promise<T>;
  /** Stops serving what only `reason` held. Fine where it held nothing. */
  unpin(reason: string): Promise<void>;
  /** All blocks below `cid`, if they are all here and no more than `maxBytes`; otherwise undefined. */
  blocksOf(cid: string, maxBytes: number, options?: CallOptions): Promise<readonly Block[] | undefined>;
  /**
   * Checks that `blocks` hold the whole tree under `pin.cid`, of that size, then serves a copy, which a power loss may take.
   *
   * @throws {StorageError} `storage/invalid-block`, `storage/not-found`, `storage/not-readable`, `storage/full`
   */
  pinBlocks(
    pin: Pin & { readonly sizeBytes: number },
    blocks: readonly Block[],
    options?: CallOptions,
  ): Promise<void>;
  /**
   * Fetches all of the tree under `cid`, wherever it is not here; answers its files' size.
   *
   * @throws {StorageError} `storage/not-found`, `storage/not-readable`
   */
  fetchAll(cid: string, options?: CallOptions): Promise<number>;
  /**
   * Fetches the root of the tree under `cid` and some of the rest; see {@link sampleTree}.
   *
   * @throws {StorageError} `storage/not-found`, `storage/not-readable`
   */
  fetchSample(
    cid: string,
    options: CallOptions & { readonly paths: number; readonly pick: (count: number) => number },
  ): Promise<void>;
}

/** Another node has promised it: after a power loss it can be fetched again. */
const COPY = { durable: false };

/** Serves `blocks`, and fetches with `getBlock` what isn't among them. */
export function createServedContent(blocks: PinnedBlocks, getBlock: GetBlock): ServedContent {
  return {
    pin: (fill) => blocks.pin(fill),
    unpin: (reason) => blocks.unpin(reason),
    async blocksOf(cid, maxBytes, options): Promise<readonly Block[] | undefined> {
      return collectBlocks(parseCid(cid), maxBytes, (wanted) => blocks.find(wanted), options);
    },
    async pinBlocks(pin, given, options): Promise<void> {
      const root = parseCid(pin.cid);
      const { sizeBytes, used } = await readGiven(root, given, options);
      if (sizeBytes !== pin.sizeBytes)
        throw unreadable(root, `its tree has ${sizeBytes} bytes, not ${pin.sizeBytes}`);
      await blocks.pin(async (sink) => {
        for (const [cid, bytes] of used) await sink.put(CID.parse(cid), bytes);
        return pin;
      }, COPY);
    },
    fetchAll: async (cid, options) => measureTree(parseCid(cid), getBlock, options),
    fetchSample: async (cid, options) => sampleTree(parseCid(cid), getBlock, options),
  };
}

/** Measures the tree under `root` in `given` alone, and tells which of them belong to it. */
async function readGiven(
  root: CID,
  given: readonly Block[],
  options?: CallOptions,
): Promise<{ readonly sizeBytes: number; readonly used: ReadonlyMap<string, Uint8Array> }> {
  const byKey = new Map<string, Uint8Array>();
  for (const { cid: text, bytes } of given) {
    const cid = parseCid(text);
    await verifyBlock(cid, bytes);
    byKey.set(blockKey(cid), bytes);
  }
  const used = new Map<string, Uint8Array>();
  const get: GetBlock = async (cid) => {
    const bytes = byKey.get(blockKey(cid));
    if (bytes === undefined) {
      const message = `Cannot take the tree "${root.toString()}": its block "${cid.toString()}" is missing`;
      throw new StorageError("storage/not-found", message, { blame: "node" });
    }
    used.set(cid.toString(), bytes);
    return bytes;
  };
  return { sizeBytes: await measureTree(root, get, options), used };
}
