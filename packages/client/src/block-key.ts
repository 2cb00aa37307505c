import { base32 } from "multiformats/bases/base32";
import type { CID } from "multiformats/cid";

/** What blocks are told apart by: their multihash, so that versions and codecs of a CID share one block. */
export function blockKey(cid: CID): string {
  return base32.baseEncode(cid.multihash.bytes);
}
