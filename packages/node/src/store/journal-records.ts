import type { OutputName } from "@gadus/protocol";

/** Before the bytes of a record: a byte for their stream, and four for their number. */
export const HEADER_BYTES = 5;
/** So that one record fits into what is read of a file at one time. */
export const MAX_RECORD_BYTES = 32 * 1024;

const STREAMS: readonly OutputName[] = ["stdout", "stderr"];

/** The last record of a journal that has ended. */
export const END_RECORD: Uint8Array = new Uint8Array(HEADER_BYTES);

/** What is appended to a journal's file for `bytes` of `stream`. */
export function recordsOf(stream: OutputName, bytes: Uint8Array): Uint8Array {
  const count = Math.ceil(bytes.length / MAX_RECORD_BYTES);
  const records = Buffer.allocUnsafe(bytes.length + count * HEADER_BYTES);
  let at = 0;
  for (let from = 0; from < bytes.length; from += MAX_RECORD_BYTES) {
    const part = bytes.subarray(from, from + MAX_RECORD_BYTES);
    records.writeUInt8(STREAMS.indexOf(stream) + 1, at);
    records.writeUInt32BE(part.length, at + 1);
    records.set(part, at + HEADER_BYTES);
    at += HEADER_BYTES + part.length;
  }
  return records;
}

/** The header of a record at `at`: its stream, none for the end, and its length; undefined where it isn't whole. */
export function headerAt(
  bytes: Buffer,
  at: number,
): { readonly stream: OutputName | undefined; readonly length: number } | undefined {
  if (bytes.length < at + HEADER_BYTES) return undefined;
  return { stream: STREAMS[bytes.readUInt8(at) - 1], length: bytes.readUInt32BE(at + 1) };
}
