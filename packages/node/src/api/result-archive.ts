import { pipeline, Readable } from "node:stream";
import { createGzip } from "node:zlib";
import type { CallOptions } from "@gadus/protocol";
import type { ByteRange } from "./byte-range.ts";
import { type ArchivedTree, tarOf } from "./tar-stream.ts";

/** The trees as a `.tar.gz`, made as it is taken; the same trees give the same bytes by the same zlib. */
export function archiveOf(trees: readonly ArchivedTree[], options: CallOptions = {}): Readable {
  const gzip = createGzip({ level: 1 });
  // An error of either ends both, and is the reader's to see.
  pipeline(Readable.from(tarOf(trees, options), { objectMode: false }), gzip, () => {});
  return gzip;
}

/** The bytes of a stream that `range` names; those before them are made and thrown away. */
export async function* bytesIn(stream: Readable, { from, to }: ByteRange): AsyncGenerator<Uint8Array> {
  let at = 0;
  for await (const chunk of stream as AsyncIterable<Uint8Array>) {
    const part = chunk.subarray(Math.max(0, from - at), Math.max(0, to - at));
    at += chunk.length;
    if (part.length > 0) yield part;
    if (at >= to) return;
  }
}

/** How many bytes a stream has. */
export async function lengthOf(stream: Readable): Promise<number> {
  let length = 0;
  for await (const chunk of stream as AsyncIterable<Uint8Array>) length += chunk.length;
  return length;
}
