import type { CallOptions } from "@gadus/protocol";
import type { CID } from "multiformats/cid";
import { blockKey } from "./block-key.ts";
import { KeptValues } from "./kept-values.ts";
import { singleFlight } from "./single-flight.ts";
import type { GetBlock } from "./unixfs-volume.ts";

/** Gives parts of leaves: of the blocks of a file that are nothing but content. */
export interface KeptLeaves {
  /** Takes a copy of `bytes`, which are all of the leaf `cid`, for the reads to come. */
  keep(cid: CID, bytes: Uint8Array): void;
  /**
   * Copies what `leaf` holds from `offsetBytes` into `into`, which ends within it.
   *
   * Answers the length of the whole, and copies nothing where that is not `sizeBytes`.
   */
  read(
    leaf: { readonly cid: CID; readonly sizeBytes: number },
    offsetBytes: number,
    into: Uint8Array,
    options: CallOptions,
  ): Promise<number>;
}

/** How often a leaf is fetched that others take the place of before it is read. */
const MAX_TRIES = 3;
/** Memory of leaves that are kept no longer, for those to come. */
const MAX_SPARE = 4;

/**
 * Leaves as `getBlock` gives them, the last used of which are kept, within `maxBytes`; one fetch serves all who want it.
 *
 * Their memory is used again and again: to leave megabytes of it to the collector for each small read would cost tens
 * of them at any time. So nobody is given a leaf, but copies, made at once.
 */
export function keepLeaves(getBlock: GetBlock, maxBytes: number): KeptLeaves {
  const spare: Uint8Array[] = [];
  const kept = new KeptValues<Uint8Array>(maxBytes, (leaf) => {
    spare.push(leaf);
    if (spare.length > MAX_SPARE) spare.shift();
  });
  const shared = singleFlight<undefined>();

  const fetch = async (cid: CID, sizeBytes: number, signal: AbortSignal): Promise<undefined> => {
    const at = spare.findIndex(({ length }) => length === sizeBytes);
    const [memory = new Uint8Array(sizeBytes)] = at === -1 ? [] : spare.splice(at, 1);
    const bytes = await getBlock(cid, { signal, into: memory });
    kept.put(blockKey(cid), own(bytes, memory), bytes.length);
  };

  return {
    keep(cid, bytes) {
      const key = blockKey(cid);
      if (kept.get(key) === undefined) kept.put(key, new Uint8Array(bytes), bytes.length);
    },
    async read({ cid, sizeBytes }, offsetBytes, into, options) {
      const key = blockKey(cid);
      if (into.length === sizeBytes && kept.get(key) === undefined) {
        // What is read whole isn't likely to be wanted again, and would take the place of what is.
        const bytes = await getBlock(cid, { ...options, into });
        return isAt(bytes, into) ? sizeBytes : copyPart(bytes, sizeBytes, 0, into);
      }
      for (let tries = 0; tries < MAX_TRIES; tries += 1) {
        const here = kept.get(key);
        if (here !== undefined) return copyPart(here, sizeBytes, offsetBytes, into);
        await shared(key, (signal) => fetch(cid, sizeBytes, signal), options);
      }
      return copyPart(await getBlock(cid, options), sizeBytes, offsetBytes, into);
    },
  };
}

/** `bytes` in memory that nobody else has. */
function own(bytes: Uint8Array, memory: Uint8Array): Uint8Array {
  if (isAt(bytes, memory)) return memory;
  if (bytes.length !== memory.length) return new Uint8Array(bytes);
  memory.set(bytes);
  return memory;
}

function isAt(bytes: Uint8Array, memory: Uint8Array): boolean {
  const { buffer, byteOffset, length } = memory;
  return bytes.buffer === buffer && bytes.byteOffset === byteOffset && bytes.length === length;
}

function copyPart(leaf: Uint8Array, sizeBytes: number, offsetBytes: number, into: Uint8Array): number {
  if (leaf.length === sizeBytes) into.set(leaf.subarray(offsetBytes, offsetBytes + into.length));
  return leaf.length;
}
