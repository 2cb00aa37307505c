import { createHash } from "node:crypto";
import type { CallOptions } from "@gadus/protocol";
import { isStrongEtag } from "./http-etag.ts";
import { beforeNextTry, type HttpAnswer, type HttpClient } from "./http-client.ts";
import { bodyOf, createHttpRanges, refuseStatus } from "./http-range.ts";
import { StorageError } from "./storage-error.ts";
import type { UrlContent, UrlReader } from "./url-reader.ts";

/** A reader of http: and https: URLs. */
export function createUrlReader(client: HttpClient): UrlReader {
  return {
    async open(url, options = {}): Promise<UrlContent> {
      const answer = await ask(client, url, options);
      const sizeBytes = sizeOf(answer);
      const { etag } = answer.headers;
      const version = isStrongEtag(etag) ? etag : undefined;
      const hash = createHash("sha256");
      const chunks = (): AsyncIterable<Uint8Array> => {
        if (sizeBytes === undefined || version === undefined) return bodyOf(client, answer, options);
        const ranges = createHttpRanges(client, { url, sizeBytes, etag: version });
        return ranges.stream({ start: 0, end: sizeBytes, begun: answer }, options);
      };
      return {
        sizeBytes,
        etag: version,
        async *chunks(): AsyncGenerator<Uint8Array> {
          for await (const chunk of chunks()) {
            hash.update(chunk);
            yield chunk;
          }
        },
        sha256: () => hash.copy().digest("hex"),
        close: () => {
          answer.body.destroy();
        },
      };
    },
  };
}

async function ask(client: HttpClient, url: string, options: CallOptions): Promise<HttpAnswer> {
  for (let tries = 1; ; tries += 1) {
    try {
      const answer = await client.get(url, {}, options);
      if (answer.status === 200) return answer;
      refuseStatus(answer);
    } catch (error) {
      await beforeNextTry(tries, error, options);
    }
  }
}

/** The length that the server tells; undefined where it sends chunks, whose last one is known by itself. */
function sizeOf({ url, headers, body }: HttpAnswer): number | undefined {
  const refuse = (state: string): never => {
    body.destroy();
    throw new StorageError("storage/not-readable", `Cannot fetch "${url}": ${state}`);
  };
  const encoding = headers["content-encoding"] ?? "identity";
  if (encoding !== "identity")
    return refuse(`the server sends it as ${encoding}, though asked for it as it is`);
  const length = Number(headers["content-length"]);
  if (headers["content-length"] !== undefined && Number.isSafeInteger(length)) return length;
  if (headers["transfer-encoding"]?.includes("chunked")) return undefined;
  return refuse("the server doesn't tell where it ends");
}
