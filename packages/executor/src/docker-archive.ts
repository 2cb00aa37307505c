import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { CallOptions, ReadableVolume } from "@gadus/protocol";
import { extract, type Header, pack, type Pack } from "tar-stream";
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
  const entry = await volume.stat("", { ...(signal && { signal }) });
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
    yield await volume.read("", offset, Math.min(READ_BYTES, sizeBytes - offset), { signal });
  }
}

/** Copies an archive entry by entry, but for the names that it gives its image. */
async function rewrite(source: Readable, target: Pack, signal: AbortSignal): Promise<void> {
  const entries = extract();
  entries.on("error", () => {});
  let count = 0;
  let manifests = 0;
  const copying = (async () => {
    for await (const entry of entries) {
      signal.throwIfAborted();
      count += 1;
      if (count > MAX_ENTRIES) throw invalid(`it has more than ${MAX_ENTRIES} entries`);
      const { header } = entry;
      const name = header.name.replace(/^\.\//, "");
      if (NAMING_FILES.has(name)) entry.resume();
      else if (name === "manifest.json") {
        manifests += 1;
        await write(target, { name }, nameless(await textOf(entry as unknown as Readable)));
      } else await copy(entry as unknown as Readable, header, target);
    }
    if (manifests !== 1) throw invalid("it has no manifest.json, as docker save writes it");
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

function copy(entry: Readable, header: Header, target: Pack): Promise<void> {
  if (header.type !== "file") {
    entry.resume();
    if (header.type === "directory" || header.type === "symlink") return write(target, header, "");
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

/** A manifest of one image, without names. */
function nameless(text: string): string {
  let manifest: unknown;
  try {
    manifest = JSON.parse(text);
  } catch (error) {
    throw invalid("its manifest.json is no JSON", error);
  }
  const [image, ...others] = Array.isArray(manifest) ? (manifest as unknown[]) : [];
  if (typeof image !== "object" || image === null || others.length > 0) {
    throw invalid("it must hold one image; save it with docker save NAME");
  }
  return JSON.stringify([{ ...image, RepoTags: null }]);
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

function invalid(state: string, cause?: unknown): ExecutorError {
  return new ExecutorError("executor/invalid-params", `Cannot load the image's archive: ${state}`, {
    blame: "job",
    field: "Tasks[0].Engine.Params.Image",
    hint: "Give an archive as docker save writes it.",
    cause,
  });
}
