import { createIpfsSource } from "./ipfs.ts";
import type { PinnedBlocks } from "./pinned-blocks.ts";
import { StorageError } from "./storage-error.ts";
import type { StorageSource } from "./storage.ts";

/** Presents trees by CID as far as they are among `blocks`; nobody else is asked for what isn't. */
export function createKeptSource(blocks: Pick<PinnedBlocks, "find" | "has">): StorageSource {
  return createIpfsSource({
    has: (cid) => blocks.has(cid),
    async get(cid, { signal } = {}) {
      signal?.throwIfAborted();
      const bytes = await blocks.find(cid);
      if (bytes !== undefined) return bytes;
      throw new StorageError("storage/not-found", `Cannot read block "${cid.toString()}": it isn't here`);
    },
  });
}
