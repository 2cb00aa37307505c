import type { CallOptions } from "@gadus/protocol";

/** A block and the CID that names it. */
export interface Block {
  readonly cid: string;
  readonly bytes: Uint8Array;
}

/** A file, or a folder, of a folder that is to be kept. */
export interface FolderFile {
  /** Its names, from the outermost. */
  readonly path: readonly string[];
  /** Absent: a folder. */
  readonly bytes?: Uint8Array;
}

/** The blocks that this node keeps and serves to others. */
export interface ContentStore {
  /** Keeps a file, durably, as UnixFS (profile `unixfs-v1-2025`); answers its root's CID and its size. */
  add(
    content: Uint8Array | AsyncIterable<Uint8Array>,
    options?: CallOptions,
  ): Promise<{ readonly cid: string; readonly sizeBytes: number }>;
  /** Keeps a folder, likewise: `sizeBytes` is what its files hold. Two of `files` never have one path. */
  addFolder(
    files: readonly FolderFile[],
    options?: CallOptions,
  ): Promise<{ readonly cid: string; readonly sizeBytes: number }>;
  /** Whether the root block of `cid` is here. */
  has(cid: string, options?: CallOptions): Promise<boolean>;
  /** All blocks below `cid`, if they are all here and no more than `maxBytes`; otherwise undefined. */
  blocksOf(cid: string, maxBytes: number, options?: CallOptions): Promise<readonly Block[] | undefined>;
  /**
   * Keeps `blocks`, each checked against its CID first.
   *
   * @throws {StorageError} `storage/invalid-block`, and then keeps none
   */
  putBlocks(blocks: readonly Block[], options?: CallOptions): Promise<void>;
}
