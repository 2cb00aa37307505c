import { createReadStream } from "node:fs";
import { usageError } from "./cli-error.ts";

/** Bytes of a document that are read at most; no node takes more. */
const MAX_DOCUMENT_BYTES = 256 * 1024 * 1024;

/** What the system's codes mean, in words. */
const STATES: { readonly [code: string]: string } = {
  EACCES: "permission denied",
  EISDIR: "it is a folder",
  ENOENT: "no such file",
};

/** The text of the document `file`, or of standard input where that is `-`. @throws {CliError} `cli/usage` */
export async function readDocument(file: string, signal: AbortSignal): Promise<string> {
  const stream = file === "-" ? process.stdin : createReadStream(file);
  const onAbort = (): void => void stream.destroy(signal.reason as Error);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await readText(stream as AsyncIterable<Buffer>);
  } catch (cause) {
    signal.throwIfAborted();
    const { code = "", message } = cause as NodeJS.ErrnoException;
    const state = STATES[code] ?? (code || message);
    throw usageError(`Cannot read job document "${file}": ${state}`, undefined, cause);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

async function readText(stream: AsyncIterable<Buffer>): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of stream) {
    size += part.length;
    if (size > MAX_DOCUMENT_BYTES) throw new RangeError(`it is over ${MAX_DOCUMENT_BYTES} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
}
