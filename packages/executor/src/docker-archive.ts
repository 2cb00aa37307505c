import { Readable } from "node:stream";
import { posix } from "node:path";
import { pipeline } from "node:stream/promises";
import { type CallOptions, messageOf, type ReadableVolume } from "@gadus/protocol";
import { extract, type Header, pack, type Pack } from "tar-stream";
import { z } from "zod";
import { eventsOf } from "./docker-pull.ts";
import type { DockerEngine } from "./docker-engine.ts";
import { engineFailed, isEngineGone, wordsOf } from "./docker-error.ts";
import { ExecutorError } from "./executor-error.ts";

/** An image as `docker save` writes it: the file "" of a volume. */
export interface Archive {
  readonly volume: ReadableVolume;
  /** Its CID, where it has one. */
  readonly cid: string | undefined;
}

/** What an archive is loaded with. */
export interface LoadOptions {
  readonly maxArchiveBytes: number;
  readonly progress: (message: string) => void;
}

const READ_BYTES = 1024 * 1024;
const MAX_ENTRIES = 10_000;
const MAX_MANIFEST_BYTES = 1024 * 1024;
/** Names for the image, which its author may not choose: they would replace what others run under them. */
const NAMING_FILES: ReadonlySet<string> = new Set(["repositories", "index.json", "oci-layout"]);
const MANIFEST = "manifest.json";
const LAYER_LINK = /^\.\.\/[0-9a-f]{64}\/layer\.tar$/;
const path = z.string().min(1).max(1024);
const manifestSchema = z.tuple([z.object({ Config: path, Layers: z.array(path).max(1024) })]);

/**
 * Loads the one image of an archive, without the names that it has there; answers its id.
 *
 * @throws {ExecutorError} `executor/invalid-params`, blaming the job, for what is no such archive
 */
export async function loadArchive(
  engine: DockerEngine,
  { volume }: Archive,
  { maxArchiveBytes, progress }: LoadOptions,
  { signal }: CallOptions,
): Promise<string> {
  const entry = await volume.stat("", { ...(signal && { signal }) }).catch((error: unknown) => {
    signal?.throwIfAborted();
    throw unreadable(error);
  });
  if (entry?.kind !== "file") throw invalid("it is not a file");
  if (entry.sizeBytes > maxArchiveBytes) {
    throw invalid(`it has ${entry.sizeBytes} bytes, more than the ${maxArchiveBytes} that are loaded here`);
  }
  progress(`Loading an image of ${(entry.sizeBytes / 1e6).toFixed(1)} MB`);
  const failed = new AbortController();
  const within = signal === undefined ? failed.signal : AbortSignal.any([signal, failed.signal]);
  const stripped = pack();
  stripped.on("error", () => {});
  const source = Readable.from(bytesOf(volume, entry.sizeBytes, within));
  const rewriting = rewrite(source, stripped, within).catch((error: unknown) => {
    stripped.destroy(error as Error);
    failed.abort(error);
    throw error;
  });
  rewriting.catch(() => {});
  try {
    const body = stripped as unknown as NodeJS.ReadableStream;
    const options: object = { quiet: true, abortSignal: within };
    const answer: NodeJS.ReadableStream = await engine.docker.loadImage(body, options);
    answer.on("error", () => {});
    const id = await loadedId(answer);
    await rewriting;
    return id;
  } catch (error) {
    signal?.throwIfAborted();
    if (failed.signal.aborted) throw failed.signal.reason;
    if (error instanceof ExecutorError) throw error;
    if (isEngineGone(error)) throw engineFailed("load the image of an archive", error);
    throw invalid(wordsOf(error), error);
  } finally {
    failed.abort(new Error("it is loaded"));
    source.destroy();
    stripped.destroy();
  }
}

async function* bytesOf(
  volume: ReadableVolume,
  sizeBytes: number,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  for (let offset = 0; offset < sizeBytes; offset += READ_BYTES) {
    const length = Math.min(READ_BYTES, sizeBytes - offset);
    const bytes = await volume.read("", offset, length, { signal }).catch((error: unknown) => {
      signal.throwIfAborted();
      throw unreadable(error);
    });
    if (bytes.length === 0) throw unreadable(new Error("it is shorter than it was said to be"));
    yield bytes;
  }
}

/** Copies an archive entry by entry, but for the names that it gives its image. */
async function rewrite(source: Readable, target: Pack, signal: AbortSignal): Promise<void> {
  const entries = extract();
  entries.on("error", () => {});
  const files = new Set<string>();
  let count = 0;
  const copying = (async () => {
    for await (const entry of entries) {
      signal.throwIfAborted();
      count += 1;
      if (count > MAX_ENTRIES) throw invalid(`it has more than ${MAX_ENTRIES} entries`);
      const header = { ...entry.header, name: plainName(entry.header.name) };
      if (header.type !== "directory") {
        if (files.has(header.name)) throw invalid(`"${header.name}" is there twice`);
        files.add(header.name);
      }
      if (header.name === MANIFEST) {
        if (header.type !== "file") throw invalid(`${MANIFEST} is a ${header.type}`);
        await write(target, { name: MANIFEST }, nameless(await textOf(entry as unknown as Readable)));
      } else if (NAMING_FILES.has(header.name)) entry.resume();
      else await copy(entry as unknown as Readable, header, target);
    }
    if (!files.has(MANIFEST)) throw invalid(`it has no ${MANIFEST}, as docker save writes it`);
    target.finalize();
  })();
  copying.catch(() => {});
  try {
    await Promise.all([pipeline(source, entries, { signal }), copying]);
  } catch (error) {
    entries.destroy();
    await copying.catch((first: unknown) => {
      if (first instanceof ExecutorError) throw first;
    });
    if (error instanceof ExecutorError || signal.aborted) throw error;
    throw invalid((error as Error).message, error);
  }
}

/** A name as the engine will read it: the same place under no other name. */
function plainName(name: string): string {
  const plain = posix.normalize(name).replace(/\/$/, "");
  if (plain.startsWith("/") || plain === ".." || plain.startsWith("../") || plain.includes("\0")) {
    throw invalid(`"${name}" in it leads out of it`);
  }
  return plain;
}

function copy(entry: Readable, header: Header, target: Pack): Promise<void> {
  if (header.type !== "file") {
    entry.resume();
    if (header.type === "directory") return write(target, header, "");
    // A layer that two images share; through any other link a file could have a second name.
    const isLayer = header.name.endsWith("/layer.tar") && LAYER_LINK.test(header.linkname ?? "");
    if (header.type === "symlink" && isLayer) return write(target, header, "");
    throw invalid(`"${header.name}" in it is a ${header.type}`);
  }
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const sink = target.entry(header, (error) => {
    if (error) reject(error);
    else resolve();
  });
  entry.on("error", reject);
  sink.on("error", reject);
  entry.pipe(sink);
  return promise;
}

function write(target: Pack, header: Partial<Header> & Pick<Header, "name">, content: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  target.entry(header, content, (error) => {
    if (error) reject(error);
    else resolve();
  });
  return promise;
}

async function textOf(entry: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of entry) {
    sizeBytes += chunk.length;
    if (sizeBytes > MAX_MANIFEST_BYTES) throw invalid("its manifest.json is too long");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** A manifest of one image, without names: written anew, since the engine reads keys in any letter case. */
function nameless(text: string): string {
  let manifest: unknown;
  try {
    manifest = JSON.parse(text);
  } catch (error) {
    throw invalid("its manifest.json is no JSON", error);
  }
  const parsed = manifestSchema.safeParse(manifest);
  if (!parsed.success) throw invalid("it must hold one image; save it with docker save NAME");
  const [{ Config, Layers }] = parsed.data;
  return JSON.stringify([{ Config: plainName(Config), RepoTags: null, Layers: Layers.map(plainName) }]);
}

async function loadedId(answer: NodeJS.ReadableStream): Promise<string> {
  let id: string | undefined;
  for await (const { error, stream = "" } of eventsOf(answer)) {
    if (error !== undefined) throw invalid(error);
    id = /^Loaded image ID: (sha256:[0-9a-f]{64})/m.exec(stream)?.[1] ?? id;
  }
  if (id !== undefined) return id;
  throw invalid("the engine loaded no image of it");
}

/** What can't be read is no fault of who named it. */
function unreadable(cause: unknown): ExecutorError {
  const message = `Cannot read the image's archive: ${messageOf(cause)}`;
  return new ExecutorError("executor/input-failed", message, { cause });
}

function invalid(state: string, cause?: unknown): ExecutorError {
  return new ExecutorError("executor/invalid-params", `Cannot load the image's archive: ${state}`, {
    blame: "job",
    field: "Tasks[0].Engine.Params.Image",
    hint: "Give an archive as docker save writes it.",
    cause,
  });
}
