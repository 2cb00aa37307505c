import { messageOf, type ReadableVolume, type Spec } from "@gadus/protocol";
import type { HttpClient } from "./http-client.ts";
import { isStrongEtag } from "./http-etag.ts";
import { checkUrl } from "./http-policy.ts";
import type { HttpTarget } from "./http-range.ts";
import { createHttpVolume } from "./http-volume.ts";
import { StorageError } from "./storage-error.ts";
import type { Availability, StorageSource } from "./storage.ts";

export { createHttpClient, type HttpClient, type HttpClientOptions } from "./http-client.ts";
export type { HttpPolicy } from "./http-policy.ts";
export { createUrlReader } from "./http-url-reader.ts";

/**
 * Presents what is behind a URL as one file, read by ranges: the version of the parameters `url`, `sizeBytes` and
 * `etag` (a strong one), and no other.
 *
 * Where the server has another version, or breaks off, a read is an error; no read is ever a mixture.
 */
export function createHttpSource(client: HttpClient): StorageSource {
  return {
    type: "http",
    async check(source, options = {}): Promise<Availability> {
      options.signal?.throwIfAborted();
      try {
        const { url, sizeBytes } = targetOf(source);
        checkUrl(url, client);
        return { available: true, sizeBytes };
      } catch (error) {
        return { available: false, reason: messageOf(error) };
      }
    },
    async open(source, options = {}): Promise<ReadableVolume> {
      options.signal?.throwIfAborted();
      const volume = createHttpVolume(client, targetOf(source));
      // Whether the server still has this version, and answers with ranges, is better known before anything runs.
      await volume.read("", 0, 1, options);
      return volume;
    },
  };
}

function targetOf({ params: { url, sizeBytes, etag } }: Spec): HttpTarget {
  const isSize = typeof sizeBytes === "number" && Number.isSafeInteger(sizeBytes) && sizeBytes > 0;
  if (typeof url === "string" && isSize && typeof etag === "string" && isStrongEtag(etag)) {
    return { url, sizeBytes, etag };
  }
  const message = `Cannot open an input over HTTP: one of url, sizeBytes and etag is missing or wrong`;
  throw new StorageError("storage/invalid-source", message, { blame: "job" });
}
