import type { CID } from "multiformats/cid";
import type { BlockOptions } from "./unixfs-volume.ts";

/** Blocks by CID, from this machine or from the network. */
export interface ContentNetwork {
  /** Whether the block is on this machine. */
  has(cid: CID): Promise<boolean>;
  /**
   * The block's bytes, checked against its CID and kept.
   *
   * @throws {StorageError} `storage/not-found` where nobody has it in time
   * @throws the signal's reason, if `signal` aborts
   */
  get(cid: CID, options?: BlockOptions): Promise<Uint8Array>;
}
