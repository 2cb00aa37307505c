import type { CallOptions, ReadableVolume, VolumeEntry } from "@gadus/protocol";
import type { HttpClient } from "./http-client.ts";
import { createHttpRanges, type HttpTarget } from "./http-range.ts";
import { namesOf } from "./relative-path.ts";
import { StorageError } from "./storage-error.ts";

/** One version of what is behind a URL as a volume that is one file; what is read is fetched, and nothing is kept. */
export function createHttpVolume(client: HttpClient, target: HttpTarget): ReadableVolume {
  const { url, sizeBytes } = target;
  const ranges = createHttpRanges(client, target);
  return {
    async stat(path, options = {}): Promise<VolumeEntry | undefined> {
      options.signal?.throwIfAborted();
      return namesOf(path).length === 0 ? { path, kind: "file", sizeBytes } : undefined;
    },
    list: (path) => ({
      [Symbol.asyncIterator]: () => ({
        next: () => Promise.reject(missing(url, path, "no such folder")),
      }),
    }),
    async read(path, offsetBytes, lengthBytes, options: CallOptions = {}): Promise<Uint8Array> {
      options.signal?.throwIfAborted();
      if (namesOf(path).length > 0) throw missing(url, path, "no such file");
      const end = Math.min(sizeBytes, offsetBytes + lengthBytes);
      const bytes = new Uint8Array(Math.max(0, end - offsetBytes));
      let length = 0;
      for await (const chunk of ranges.stream({ start: offsetBytes, end }, options)) {
        bytes.set(chunk, length);
        length += chunk.length;
      }
      return bytes;
    },
    async close(): Promise<void> {},
  };
}

function missing(url: string, path: string, state: string): StorageError {
  return new StorageError("storage/not-found", `Cannot read "${path}" in "${url}": ${state}`, {
    blame: "job",
  });
}
