import type { CID } from "multiformats/cid";
import { blockKey } from "./block-key.ts";
import type { PinnedBlocks } from "./pinned-blocks.ts";

/** Blocks in memory, for tests and simulations; they are as durable as the object. */
export function createMemoryBlocks(): PinnedBlocks {
  const blocks = new Map<string, Uint8Array>();
  const pins = new Map<string, ReadonlySet<string>>();
  const holders = new Map<string, number>();

  const release = (keys: ReadonlySet<string> = new Set()): void => {
    for (const key of keys) {
      const others = (holders.get(key) ?? 1) - 1;
      holders.set(key, others);
      if (others > 0) continue;
      holders.delete(key);
      blocks.delete(key);
    }
  };
  return {
    async find(cid): Promise<Uint8Array | undefined> {
      return blocks.get(blockKey(cid));
    },
    async has(cid): Promise<boolean> {
      return blocks.has(blockKey(cid));
    },
    async keep(kept): Promise<void> {
      for (const { cid, bytes } of kept) blocks.set(blockKey(cid), bytes.slice());
    },
    async pin(fill) {
      const put = new Map<string, Uint8Array>();
      const take = (cid: CID, bytes: Uint8Array): CID => {
        put.set(blockKey(cid), bytes.slice());
        return cid;
      };
      const filled = await fill({ put: take });
      for (const [key, bytes] of put) {
        blocks.set(key, bytes);
        holders.set(key, (holders.get(key) ?? 0) + 1);
      }
      const before = pins.get(filled.reason);
      pins.set(filled.reason, new Set(put.keys()));
      release(before);
      return filled;
    },
    async unpin(reason): Promise<void> {
      release(pins.get(reason));
      pins.delete(reason);
    },
  };
}
