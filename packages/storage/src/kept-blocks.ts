import { blockKey } from "./block-key.ts";
import { KeptValues } from "./kept-values.ts";
import { singleFlight } from "./single-flight.ts";
import type { GetBlock } from "./unixfs-volume.ts";

/** Blocks as `getBlock` gives them, the last used of which are kept, within `maxBytes`; one fetch serves all who want it. */
export function keepBlocks(getBlock: GetBlock, maxBytes: number): GetBlock {
  const kept = new KeptValues<Uint8Array>(maxBytes);
  const shared = singleFlight<Uint8Array>();
  return async (cid, options = {}) => {
    options.signal?.throwIfAborted();
    const key = blockKey(cid);
    const here = kept.get(key);
    if (here !== undefined) return here;
    const fetch = async (signal: AbortSignal): Promise<Uint8Array> => {
      const bytes = await getBlock(cid, { signal });
      kept.put(key, bytes, bytes.length);
      return bytes;
    };
    return shared(key, fetch, options);
  };
}
