import type { BlockSink, CommitOptions } from "@gadus/protocol";
import type { CID } from "multiformats/cid";

/** Keeps blocks for reasons, and lets go of those that no reason holds. */
export interface PinnedBlocks {
  /** The block's bytes, for which `into` may be used where it is just as long; undefined where it isn't here. */
  find(cid: CID, into?: Uint8Array): Promise<Uint8Array | undefined>;
  has(cid: CID): Promise<boolean>;
  /** Keeps `blocks`, durably and all or none, for no reason: they may go when what a reason held goes. */
  keep(blocks: readonly { readonly cid: CID; readonly bytes: Uint8Array }[]): Promise<void>;
  /**
   * Keeps what `fill` puts, under the reason that it answers; durable when this settles, unless `options` say not.
   *
   * A reason that had a pin before has only the new one. Where `fill` rejects nothing is kept.
   *
   * @throws {StorageError} `storage/full`, and what `fill` rejects with
   */
  pin<T extends Pin>(fill: (sink: BlockSink) => Promise<T>, options?: CommitOptions): Promise<T>;
  /** Lets go of what `reason` held: what nothing else holds is removed. Fine where it held nothing. */
  unpin(reason: string): Promise<void>;
}

/** Why a tree is kept. */
export interface Pin {
  readonly reason: string;
  /** Its root. */
  readonly cid: string;
}
