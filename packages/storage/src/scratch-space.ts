import type { CallOptions, ReadableVolume } from "@gadus/protocol";

/** A folder that an execution's results are written to; never served to anyone. */
export interface ScratchFolder extends ReadableVolume {
  /** Where it is on this machine's disk; undefined where it isn't. */
  readonly hostPath: string | undefined;
  /**
   * Writes the file `path` whole, and the folders above it.
   *
   * @throws {StorageError} `storage/full`, `storage/not-allowed` for a path that leaves the folder
   */
  write(path: string, content: Uint8Array | AsyncIterable<Uint8Array>, options?: CallOptions): Promise<void>;
  /** Settles once all that was written survives a power loss: files and folders. */
  sync(): Promise<void>;
}

/** Folders for executions, by id; they survive a restart. */
export interface ScratchSpace {
  /** A new, empty folder; what was there under that id is gone. */
  create(id: string): Promise<ScratchFolder>;
  /** The folder that was made under `id`, if it is still there. */
  open(id: string): Promise<ScratchFolder | undefined>;
  /** Removes the folder; one that isn't there is fine. */
  remove(id: string): Promise<void>;
  /** The ids of all folders. */
  list(): AsyncIterable<string>;
}
