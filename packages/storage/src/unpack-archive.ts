import { createTarDecoder, type ParsedTarEntry } from "modern-tar";
import type { FolderFile } from "./content-store.ts";
import { StorageError } from "./storage-error.ts";

/** What an archive in a job may unpack to. */
export interface ArchiveLimits {
  /** What its files hold together. @default 32 MiB */
  readonly maxBytes?: number;
  /** Files and folders, those among them that are only in a path. @default 10000 */
  readonly maxEntries?: number;
}

const MAX_BYTES = 32 * 1024 ** 2;
const MAX_ENTRIES = 10_000;
const MAX_DEPTH = 64;
const MAX_NAME_BYTES = 255;
/** What an archive spends on each entry beside its bytes: a header and padding, and those of a long name. */
const OVERHEAD_BYTES = 8 * 1024;

/**
 * The files and folders in a `.tar.gz`, sorted by path; links and devices are left out.
 *
 * @throws {StorageError} `storage/invalid-source` where it isn't one, or holds a name that leads out of it or comes
 *   twice; `storage/not-allowed` as soon as it is more than `limits`
 */
export async function unpackArchive(
  archive: Uint8Array,
  { maxBytes = MAX_BYTES, maxEntries = MAX_ENTRIES }: ArchiveLimits = {},
): Promise<readonly FolderFile[]> {
  const found = new Map<string, FolderFile>();
  let sizeBytes = 0;
  const add = (path: readonly string[], bytes?: Uint8Array): void => {
    for (let depth = 1; depth < path.length; depth += 1) {
      const parent = path.slice(0, depth);
      const known = found.get(parent.join("/"));
      if (known?.bytes !== undefined) throw twice(parent);
      if (known === undefined) found.set(parent.join("/"), { path: parent });
    }
    const known = found.get(path.join("/"));
    if (known !== undefined && (known.bytes !== undefined || bytes !== undefined)) throw twice(path);
    found.set(path.join("/"), bytes === undefined ? { path } : { path, bytes });
    if (found.size > maxEntries) throw tooMuch(`it has more than ${maxEntries} entries`);
  };
  try {
    for await (const { header, body } of entriesOf(archive, maxBytes + maxEntries * OVERHEAD_BYTES)) {
      const path = namesOf(header.name);
      if (header.type === "directory" && path.length > 0) add(path);
      if (header.type !== "file") {
        await body.cancel();
        continue;
      }
      if (path.length === 0) throw invalid("it holds a file without a name");
      sizeBytes += header.size;
      if (sizeBytes > maxBytes) throw tooMuch(`it unpacks to more than ${maxBytes} bytes`);
      add(path, new Uint8Array(await new Response(body).arrayBuffer()));
    }
  } catch (cause) {
    throw cause instanceof StorageError ? cause : invalid(cause instanceof Error ? cause.message : "", cause);
  }
  return [...found.values()].sort((a, b) => (a.path.join("/") < b.path.join("/") ? -1 : 1));
}

function entriesOf(archive: Uint8Array, maxBytes: number): AsyncIterable<ParsedTarEntry> {
  let unpacked = 0;
  const bounded = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller): void {
      unpacked += chunk.length;
      if (unpacked > maxBytes) throw tooMuch(`it unpacks to more than ${maxBytes} bytes`);
      controller.enqueue(chunk);
    },
  });
  const gunzip = new DecompressionStream("gzip") as unknown as TransformStream<Uint8Array, Uint8Array>;
  const pieces = function* (): Generator<Uint8Array> {
    for (let at = 0; at < archive.length; at += 65_536) yield archive.subarray(at, at + 65_536);
  };
  return ReadableStream.from(pieces())
    .pipeThrough(gunzip)
    .pipeThrough(bounded)
    .pipeThrough(createTarDecoder({ strict: true }));
}

/** The names in a path of an archive. */
function namesOf(name: string): readonly string[] {
  const names = name.split("/").filter((part) => part !== "" && part !== ".");
  if (name.startsWith("/") || names.includes("..") || /[\\\u0000-\u001f\u007f\ufffd]/u.test(name)) {
    throw invalid(`it holds ${JSON.stringify(name.slice(0, 80))}, which is no path inside it`);
  }
  if (names.length > MAX_DEPTH) throw tooMuch(`its folders are nested deeper than ${MAX_DEPTH}`);
  if (names.some((part) => Buffer.byteLength(part) > MAX_NAME_BYTES)) {
    throw invalid(`it holds a name of more than ${MAX_NAME_BYTES} bytes`);
  }
  return names;
}

function twice(path: readonly string[]): StorageError {
  return invalid(`it holds ${JSON.stringify(path.join("/").slice(0, 80))} twice`);
}

function invalid(state: string, cause?: unknown): StorageError {
  const message = `Cannot unpack the archive: ${state || "it is not a gzipped tar"}`;
  return new StorageError("storage/invalid-source", message, { blame: "job", cause });
}

function tooMuch(state: string): StorageError {
  return new StorageError("storage/not-allowed", `Cannot unpack the archive: ${state}`, { blame: "job" });
}
