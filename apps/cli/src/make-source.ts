import { createReadStream } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { Readable } from "node:stream";
import type { ApiSpec } from "@gadus/client";
import { usageError } from "./cli-error.ts";
import type { Context } from "./context.ts";
import type { InputOrigin } from "./parse-input.ts";
import { makeTransferMeter } from "./transfer-meter.ts";

/** Files up to this size travel in the job document; larger ones are uploaded first. */
const MAX_INLINE_BYTES = 1024 * 1024;

/** What {@link makeSource} needs to upload a large file; undefined where nothing may be sent. */
export type Uploader = Pick<Context, "api" | "terminal" | "quiet" | "output" | "nowMs" | "signal">;

/**
 * The storage source of a job document for `origin`: a small file goes inline, a large one is uploaded.
 *
 * @throws {CliError} `cli/usage` for a folder, or a large file where there is no `upload`
 */
export async function makeSource(
  origin: InputOrigin,
  uploader: Uploader | undefined,
  signal: AbortSignal,
): Promise<ApiSpec> {
  switch (origin.kind) {
    case "cid":
      return { Type: "ipfs", Params: { CID: origin.cid } };
    case "node-folder":
      return { Type: "localDirectory", Params: { SourcePath: origin.path } };
    case "data-url":
      return { Type: "inline", Params: { URL: origin.url } };
    case "url":
      return { Type: "urlDownload", Params: { URL: origin.url } };
    case "stdin":
      return await stdinSource(uploader, signal);
    case "file":
      return await fileSource(origin.path, uploader, signal);
  }
}

async function fileSource(
  path: string,
  uploader: Uploader | undefined,
  signal: AbortSignal,
): Promise<ApiSpec> {
  const { size } = await statFile(path);
  if (size <= MAX_INLINE_BYTES) {
    return inlineSource(await readFile(path, { signal }));
  }
  if (uploader === undefined) {
    const message = `Cannot put "${path}" into a job document: it has ${size} bytes, over ${MAX_INLINE_BYTES}`;
    throw usageError(message, `Upload it with "gadus add ${path}" first, and name its CID.`);
  }
  return { Type: "ipfs", Params: { CID: await uploadFile(uploader, path) } };
}

/** Standard input can be read but once: a little goes inline, and what is longer is uploaded as it comes. */
async function stdinSource(uploader: Uploader | undefined, signal: AbortSignal): Promise<ApiSpec> {
  if (isInputTaken) {
    throw usageError("Cannot read standard input twice", "Name a file for all but one of them.");
  }
  isInputTaken = true;
  const chunks: Buffer[] = [];
  let size = 0;
  const input = process.stdin[Symbol.asyncIterator]() as AsyncIterator<Buffer, void>;
  while (size <= MAX_INLINE_BYTES) {
    signal.throwIfAborted();
    const next = await input.next();
    if (next.done === true) return inlineSource(Buffer.concat(chunks));
    chunks.push(next.value);
    size += next.value.length;
  }
  if (uploader === undefined) {
    const message = `Cannot put standard input into a job document: it has over ${MAX_INLINE_BYTES} bytes`;
    throw usageError(message, "Upload it with gadus add - first, and name its CID.");
  }
  const rest = (async function* () {
    yield* chunks;
    yield* { [Symbol.asyncIterator]: () => input };
  })();
  return { Type: "ipfs", Params: { CID: await uploadStream(uploader, rest) } };
}

let isInputTaken = false;

function inlineSource(content: Buffer): ApiSpec {
  const url = `data:application/octet-stream;base64,${content.toString("base64")}`;
  return { Type: "inline", Params: { URL: url } };
}

/** Uploads the file at `path`; answers its CID. @throws {CliError} `cli/usage` where it can't be read */
export async function uploadFile(uploader: Uploader, path: string): Promise<string> {
  const { size } = await statFile(path);
  return await uploadStream(uploader, createReadStream(path) as AsyncIterable<Uint8Array>, size);
}

/** Uploads what `source` gives, `sizeBytes` in all where that is known; answers its CID. Shows how far it is. */
export async function uploadStream(
  { api, terminal, quiet, output, nowMs, signal }: Uploader,
  source: AsyncIterable<Uint8Array>,
  sizeBytes = 0,
): Promise<string> {
  const meter = makeTransferMeter(terminal, { silent: quiet || output === "json", nowMs });
  let haveBytes = 0;
  const counted = async function* (): AsyncGenerator<Uint8Array> {
    for await (const chunk of source) {
      haveBytes += chunk.length;
      meter.show({ haveBytes, totalBytes: sizeBytes, resumedBytes: 0 });
      yield chunk;
    }
  };
  const content = Readable.toWeb(Readable.from(counted())) as ReadableStream<Uint8Array>;
  try {
    return await (await api()).blobs.upload(content, { signal });
  } finally {
    meter.end();
  }
}

async function statFile(path: string): Promise<{ readonly size: number }> {
  const found = await stat(path).catch((cause: NodeJS.ErrnoException) => {
    const state = cause.code === "ENOENT" ? "no such file" : (cause.code ?? cause.message);
    throw usageError(`Cannot read "${path}": ${state}`, undefined, cause);
  });
  if (found.isFile()) return found;
  throw usageError(
    `Cannot take "${path}": it is not a file`,
    "Name the file, or local:///folder of the nodes.",
  );
}
