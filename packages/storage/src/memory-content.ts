import type { CallOptions, ReadableVolume } from "@gadus/protocol";
import type { CID } from "multiformats/cid";
import { blockKey } from "./block-key.ts";
import { collectBlocks } from "./collect-blocks.ts";
import type { Block, ContentStore } from "./content-store.ts";
import { importContent } from "./import-content.ts";
import { parseCid } from "./parse-cid.ts";
import { StorageError } from "./storage-error.ts";
import { createUnixfsVolume } from "./unixfs-volume.ts";
import { verifyBlock } from "./verify-block.ts";

/** A content store whose blocks are in memory, with real CIDs. */
export interface MemoryContent extends ContentStore {
  /** The tree under `cid` as a volume; a block that isn't here is `storage/not-found` when it is read. */
  volume(cid: string): ReadableVolume;
  /** Lets go of every block. */
  clear(): void;
}

/** Content in memory, for tests and simulations; it is as durable as the object. */
export function createMemoryContent(): MemoryContent {
  const blocks = new Map<string, Uint8Array>();
  const find = async (cid: CID): Promise<Uint8Array | undefined> => blocks.get(blockKey(cid));
  return {
    async add(content, options): Promise<{ cid: string; sizeBytes: number }> {
      const put = (cid: CID, bytes: Uint8Array): CID => {
        blocks.set(blockKey(cid), bytes.slice());
        return cid;
      };
      const { cid, sizeBytes } = await importContent(content, { put }, options);
      return { cid: cid.toString(), sizeBytes };
    },
    async has(cid): Promise<boolean> {
      return blocks.has(blockKey(parseCid(cid)));
    },
    async blocksOf(cid, maxBytes, options): Promise<readonly Block[] | undefined> {
      return collectBlocks(parseCid(cid), maxBytes, find, options);
    },
    async putBlocks(added): Promise<void> {
      const checked = added.map(({ cid, bytes }) => ({ cid: parseCid(cid), bytes: bytes.slice() }));
      for (const { cid, bytes } of checked) await verifyBlock(cid, bytes);
      for (const { cid, bytes } of checked) blocks.set(blockKey(cid), bytes);
    },
    volume(cid): ReadableVolume {
      return createUnixfsVolume(parseCid(cid), async (wanted: CID, options: CallOptions = {}) => {
        options.signal?.throwIfAborted();
        const bytes = await find(wanted);
        if (bytes !== undefined) return bytes;
        throw new StorageError(
          "storage/not-found",
          `Cannot read block "${wanted.toString()}": it isn't here`,
        );
      });
    },
    clear(): void {
      blocks.clear();
    },
  };
}
