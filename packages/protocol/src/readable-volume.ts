import type { CallOptions } from "./call-options.ts";

/** A file or a folder in a {@link ReadableVolume}. */
export interface VolumeEntry {
  /** Relative to the volume's root, `/` between names; the root itself is `""`. */
  readonly path: string;
  readonly kind: "file" | "folder";
  /** Of a file's content; 0 for a folder. */
  readonly sizeBytes: number;
}

/**
 * A tree of files that is read and never written: an input, or a finished result.
 *
 * A volume whose root (`""`) is a file is that one file.
 */
export interface ReadableVolume {
  /** The entry at `path`, or undefined where there is none. */
  stat(path: string, options?: CallOptions): Promise<VolumeEntry | undefined>;
  /** The entries directly inside the folder `path`, sorted bytewise by name. Links and special files are not shown. */
  list(path: string, options?: CallOptions): AsyncIterable<VolumeEntry>;
  /**
   * Up to `lengthBytes` bytes of the file `path` from `offsetBytes`; fewer only at its end.
   *
   * They are the caller's own: nobody else looks at them or changes them.
   */
  read(path: string, offsetBytes: number, lengthBytes: number, options?: CallOptions): Promise<Uint8Array>;
  /** Lets go of whatever the volume holds. */
  close(): Promise<void>;
}
