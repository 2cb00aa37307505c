import type { BlockSink, CallOptions } from "@gadus/protocol";
import { importer, importFile, type WritableStorage } from "ipfs-unixfs-importer";
import { fixedSize } from "ipfs-unixfs-importer/chunker";
import type { CID } from "multiformats/cid";
import type { FolderFile } from "./content-store.ts";

const CHUNK_BYTES = 1024 * 1024;

/**
 * Gives every block of one file's UnixFS tree (profile `unixfs-v1-2025`, IPIP-499) to `sink`.
 *
 * Memory stays within a few blocks of 1 MiB.
 */
export async function importContent(
  content: Uint8Array | AsyncIterable<Uint8Array>,
  sink: BlockSink,
  options: CallOptions = {},
): Promise<{ readonly cid: CID; readonly sizeBytes: number }> {
  let sizeBytes = 0;
  const counted = async function* (): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunksOf(content)) {
      options.signal?.throwIfAborted();
      sizeBytes += chunk.length;
      yield chunk;
    }
  };
  const { cid } = await importFile({ content: counted() }, blocksInto(sink), LAYOUT);
  return { cid, sizeBytes };
}

/** The same of a folder. */
export async function importFolder(
  files: readonly FolderFile[],
  sink: BlockSink,
  options: CallOptions = {},
): Promise<{ readonly cid: CID; readonly sizeBytes: number }> {
  let sizeBytes = 0;
  // The importer makes the folders on the way to what is in them, so that only empty ones are named.
  const parents = new Set(
    files.flatMap(({ path }) => path.map((_, depth) => path.slice(0, depth).join("/"))),
  );
  const candidates = files.flatMap(({ path: names, bytes }) => {
    const path = names.join("/");
    if (bytes === undefined) return parents.has(path) ? [] : [{ path }];
    sizeBytes += bytes.length;
    return [{ path, content: bytes }];
  });
  let cid: CID | undefined;
  for await (const imported of importer(candidates, blocksInto(sink), {
    ...LAYOUT,
    wrapWithDirectory: true,
  })) {
    options.signal?.throwIfAborted();
    cid = imported.cid; // the root comes last
  }
  if (cid === undefined) throw new Error("A folder has a root, and none was made");
  return { cid, sizeBytes };
}

const LAYOUT = {
  profile: "unixfs-v1-2025",
  chunker: fixedSize({ chunkSize: CHUNK_BYTES }),
  blockWriteConcurrency: 4,
} as const;

function blocksInto(sink: BlockSink): WritableStorage {
  return { put: async (key, block) => sink.put(key, await joinChunks(block)) };
}

/** `content` chunk by chunk. */
async function* chunksOf(
  content: Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  if (content instanceof Uint8Array) yield content;
  else yield* content;
}

/** All of `content` in one array, which is `content` itself if it is one. */
export async function joinChunks(
  content: Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): Promise<Uint8Array> {
  if (content instanceof Uint8Array) return content;
  const chunks: Uint8Array[] = [];
  for await (const chunk of content) chunks.push(chunk);
  const [first] = chunks;
  if (chunks.length === 1 && first !== undefined) return first;
  const whole = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.length;
  }
  return whole;
}

/** The same bytes as a plain array: a `Buffer` behaves otherwise in `slice`, and in comparisons. */
export function plainBytes(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
