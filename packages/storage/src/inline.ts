import { messageOf, type ReadableVolume, type Spec } from "@gadus/protocol";
import { MAX_INLINE_BYTES, parseDataUrl } from "./data-url.ts";
import { memoryVolume } from "./memory-volume.ts";
import { StorageError } from "./storage-error.ts";
import type { Availability, StorageSource } from "./storage.ts";

/** Options of {@link createInlineSource}. */
export interface InlineSourceOptions {
  /** @default 10 MiB */
  readonly maxBytes?: number;
}

/** Presents the content of the `data:` URL in the parameter `url` as one file. */
export function createInlineSource({ maxBytes = MAX_INLINE_BYTES }: InlineSourceOptions = {}): StorageSource {
  const parse = (source: Spec): Uint8Array => {
    const url = source.params["url"];
    if (typeof url === "string") return parseDataUrl(url, maxBytes);
    throw new StorageError(
      "storage/invalid-source",
      'Cannot read inline input: its parameter "url" is missing',
      {
        blame: "job",
      },
    );
  };
  return {
    type: "inline",
    async check(source, options = {}): Promise<Availability> {
      options.signal?.throwIfAborted();
      try {
        return { available: true, sizeBytes: parse(source).length };
      } catch (error) {
        return { available: false, reason: messageOf(error) };
      }
    },
    async open(source, options = {}): Promise<ReadableVolume> {
      options.signal?.throwIfAborted();
      return memoryVolume({ "": parse(source) });
    },
  };
}
