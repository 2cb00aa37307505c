import type { BlockSink, CallOptions } from "@gadus/protocol";

/**
 * The content that this node serves, as far as publishers by content address need it.
 *
 * Storage has what fulfils it; the node hands it in.
 */
export interface ServedContent {
  /** Serves what `fill` puts, from now on and durably, under the reason that it answers; nothing where it rejects. */
  pin<T extends ContentPin>(fill: (sink: BlockSink) => Promise<T>): Promise<T>;
  /** Stops serving what only `reason` held. Fine where it held nothing. */
  unpin(reason: string): Promise<void>;
  /** All blocks below `cid`, if they are all here and no more than `maxBytes`; otherwise undefined. */
  blocksOf(
    cid: string,
    maxBytes: number,
    options?: CallOptions,
  ): Promise<readonly ContentBlock[] | undefined>;
  /**
   * Checks that `blocks` hold the whole tree under `pin.cid`, of that size, then serves a copy, which a power loss may take.
   *
   * Rejects where they don't, and keeps none; with code `storage/full` where they can't be kept.
   */
  pinBlocks(
    pin: ContentPin & { readonly sizeBytes: number },
    blocks: readonly ContentBlock[],
    options?: CallOptions,
  ): Promise<void>;
  /** Fetches all of the tree under `cid` and answers the size of its files; rejects where it can't be had. */
  fetchAll(cid: string, options?: CallOptions): Promise<number>;
  /** Fetches the root and `paths` ways to a leaf; `pick(count)` answers a whole number from 0 to below `count`. */
  fetchSample(
    cid: string,
    options: CallOptions & { readonly paths: number; readonly pick: (count: number) => number },
  ): Promise<void>;
}

/** Why a tree is served. */
export interface ContentPin {
  readonly reason: string;
  /** Its root. */
  readonly cid: string;
}

/** A block and the CID that names it. */
export interface ContentBlock {
  readonly cid: string;
  readonly bytes: Uint8Array;
}
