import type { OutputName } from "@gadus/protocol";
import type { PrintedPart } from "./printed-memory.ts";
import { ProtocolError } from "./read-executor-message.ts";

/** Before the bytes of a part: one for its stream, and four for their number, the lowest first. */
const HEADER_BYTES = 5;
const STREAMS: readonly OutputName[] = ["stdout", "stderr"];

/** The body of a frame that brings `parts`. */
export function writeParts(parts: readonly PrintedPart[]): Uint8Array {
  const sizeBytes = parts.reduce((sum, { bytes }) => sum + HEADER_BYTES + bytes.length, 0);
  const body = Buffer.allocUnsafeSlow(sizeBytes);
  let at = 0;
  for (const { stream, bytes } of parts) {
    body.writeUInt8(STREAMS.indexOf(stream), at);
    body.writeUInt32LE(bytes.length, at + 1);
    body.set(bytes, at + HEADER_BYTES);
    at += HEADER_BYTES + bytes.length;
  }
  return body;
}

/**
 * The parts that `body` brings; their bytes are its own.
 *
 * @throws {ProtocolError} where it is no such body
 */
export function readParts(body: Uint8Array): readonly PrintedPart[] {
  const buffer = Buffer.from(body.buffer, body.byteOffset, body.length);
  const parts: PrintedPart[] = [];
  for (let at = 0; at < body.length; ) {
    const stream = STREAMS[body[at] ?? STREAMS.length];
    const length = at + HEADER_BYTES <= body.length ? buffer.readUInt32LE(at + 1) : 0;
    at += HEADER_BYTES;
    if (stream === undefined || length === 0 || at + length > body.length)
      throw new ProtocolError("what it printed can't be told apart");
    parts.push({ stream, bytes: body.subarray(at, at + length) });
    at += length;
  }
  return parts;
}
