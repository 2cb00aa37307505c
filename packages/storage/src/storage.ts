import type { CallOptions, ReadableVolume, Spec } from "@gadus/protocol";

/** Whether a node can present a source, found out without fetching it. */
export type Availability =
  | { readonly available: true; readonly sizeBytes?: number }
  | { readonly available: false; readonly reason: string };

/** Presents inputs of one type (IPFS, a local folder, ...) as volumes that are read at any offset. */
export interface StorageSource {
  readonly type: string;
  /** Whether this node, by its rules, can present `source`. Quick: a bid waits for it. */
  check(source: Spec, options?: CallOptions): Promise<Availability>;
  /**
   * Presents `source`; what is read is fetched when it is read.
   *
   * @throws {StorageError} `storage/not-found`, `storage/not-allowed`, `storage/invalid-source`
   * @throws the signal's reason, if `signal` aborts
   */
  open(source: Spec, options?: CallOptions): Promise<ReadableVolume>;
}
