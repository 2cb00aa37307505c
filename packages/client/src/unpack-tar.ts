import { mkdir, open } from "node:fs/promises";
import { dirname, join } from "node:path";
import { createTarDecoder, type ParsedTarEntry } from "modern-tar";
import { ClientError } from "./client-error.ts";
import type { CallOptions } from "./call-options.ts";
import { pathSegments } from "./find-path.ts";
import { checkName, type Unpacked } from "./write-tree.ts";

/** What an archive may unpack to, unless said otherwise: 64 GiB. */
const MAX_UNPACKED_BYTES = 64 * 1024 ** 3;
const MAX_ENTRIES = 1_000_000;
const MAX_DEPTH = 256;

export interface UnpackTarOptions extends CallOptions {
  /** Only what is at this path: a folder's content, or a file by its name. @default all */
  readonly path?: string | undefined;
  /** What it may unpack to. @default MAX_UNPACKED_BYTES */
  readonly maxBytes?: number | undefined;
}

/**
 * Unpacks a `.tar.gz` into the folder `into`: its regular files and folders, and no links or devices. For Node alone.
 *
 * Nothing is written elsewhere, whoever made the archive: no name leads up or away, no link is made that one could
 * follow, nothing is written twice.
 *
 * @throws {ClientError} `client/not-allowed` for such a name, or for more than `maxBytes`, `client/not-readable`
 * @throws what `stream` throws, and the signal's reason, if `signal` aborts
 */
export async function unpackTar(
  stream: AsyncIterable<Uint8Array>,
  into: string,
  { path = "", maxBytes = MAX_UNPACKED_BYTES, signal }: UnpackTarOptions = {},
): Promise<Unpacked> {
  const wanted = pathSegments(path);
  const unpacked = { files: 0, sizeBytes: 0 };
  let failed: Error | undefined;
  const watched = async function* (): AsyncGenerator<Uint8Array> {
    try {
      yield* stream;
    } catch (error) {
      failed = error as Error;
      throw error;
    }
  };
  try {
    const gunzip = new DecompressionStream("gzip") as unknown as TransformStream<Uint8Array, Uint8Array>;
    const entries = ReadableStream.from(watched())
      .pipeThrough(gunzip)
      .pipeThrough(createTarDecoder({ strict: true }));
    let count = 0;
    for await (const entry of entries as unknown as AsyncIterable<ParsedTarEntry>) {
      signal?.throwIfAborted();
      count += 1;
      if (count > MAX_ENTRIES) throw tooMuch(`it has more than ${MAX_ENTRIES} entries`);
      const target = targetOf(entry, wanted);
      if (target === undefined) {
        await entry.body.cancel();
        continue;
      }
      const room = maxBytes - unpacked.sizeBytes;
      const size = await writeEntry(entry, join(into, ...target), { room, signal });
      if (size === undefined) continue;
      unpacked.files += 1;
      unpacked.sizeBytes += size;
    }
    return unpacked;
  } catch (cause) {
    signal?.throwIfAborted();
    if (failed !== undefined) throw failed;
    if (cause instanceof ClientError || (cause as NodeJS.ErrnoException).syscall !== undefined) throw cause;
    const state = cause instanceof Error ? cause.message : String(cause);
    throw new ClientError("client/not-readable", `Cannot unpack the archive: ${state}`, { cause });
  }
}

/** Where an entry goes, below the folder; undefined where it isn't wanted. */
function targetOf({ header }: ParsedTarEntry, wanted: readonly string[]): readonly string[] | undefined {
  if (header.name.startsWith("/")) checkName(header.name);
  const names = pathSegments(header.name).map(checkName);
  if (names.length > MAX_DEPTH) throw tooMuch(`its folders are nested deeper than ${MAX_DEPTH}`);
  if (header.type !== "file" && header.type !== "directory") return undefined;
  if (!wanted.every((name, index) => names[index] === name)) return undefined;
  if (names.length > wanted.length || header.type === "directory") return names.slice(wanted.length);
  return names.slice(-1);
}

async function writeEntry(
  { header, body }: ParsedTarEntry,
  target: string,
  { room, signal }: CallOptions & { readonly room: number },
): Promise<number | undefined> {
  if (header.type === "directory") {
    await body.cancel();
    await mkdir(target, { recursive: true }).catch(asTwice(header.name));
    return undefined;
  }
  await mkdir(dirname(target), { recursive: true }).catch(asTwice(header.name));
  const file = await open(target, "wx").catch(asTwice(header.name));
  let size = 0;
  try {
    for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) {
      signal?.throwIfAborted();
      size += chunk.length;
      if (size > room) throw tooMuch("it unpacks to more than is allowed");
      await file.writeFile(chunk);
    }
  } finally {
    await file.close();
  }
  return size;
}

/** What the system says of a name that is taken, such as a file's that is to be a folder, too, in words. */
function asTwice(name: string): (cause: NodeJS.ErrnoException) => never {
  return (cause) => {
    if (!["EEXIST", "EISDIR", "ENOTDIR"].includes(cause.code ?? "")) throw cause;
    const message = `Cannot unpack the archive: it holds ${JSON.stringify(name)}, or a part of its path, twice`;
    throw new ClientError("client/not-readable", message, { cause });
  };
}

function tooMuch(state: string): ClientError {
  return new ClientError("client/not-allowed", `Cannot unpack the archive: ${state}`);
}
