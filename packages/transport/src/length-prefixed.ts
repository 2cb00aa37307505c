import { LengthPrefixedDecoder } from "@libp2p/utils";

/** The most that one stream data event may add to an unfinished frame. */
const MAX_CHUNK_BYTES = 16 * 1024 * 1024;
/** A length prefix is at most this long: 2^21 is more than any legal frame. */
const MAX_PREFIX_BYTES = 3;

/** What a stream's data event carries. */
export type StreamData = Parameters<LengthPrefixedDecoder["decode"]>[0];

/** Hands to `take` each frame that `data` completes. @throws for what is no frame, after which it can't go on */
export type LengthPrefixedReader<Frame = Uint8Array> = (
  data: StreamData,
  take: (frame: Frame) => void,
) => void;

/** Reads frames of 1 to `maxBytes` bytes, each behind its length. */
export function lengthPrefixedReader(maxBytes: number): LengthPrefixedReader {
  const decoder = new LengthPrefixedDecoder({
    maxDataLength: maxBytes,
    maxBufferSize: maxBytes + MAX_CHUNK_BYTES,
    lengthDecoder: (data) => decodeLength(data, maxBytes),
  });
  return (data, take) => {
    for (const frame of decoder.decode(data)) take(frame.subarray());
  };
}

/** What the decoder takes for "wait for more"; made once, for it is thrown at the end of every chunk. */
const INCOMPLETE = new RangeError("the length prefix is not complete");

/** The length at the start of `data`, as an unsigned LEB128 in its shortest form. */
function decodeLength(data: StreamData, maxBytes: number): number {
  const prefix = data.subarray(0, Math.min(data.byteLength, MAX_PREFIX_BYTES));
  let length = 0;
  for (const [index, byte] of prefix.entries()) {
    length += (byte & 0x7f) * 2 ** (7 * index);
    if (byte >= 0x80) continue;
    if (byte === 0) throw new Error("a frame is empty, or its length not in its shortest form");
    return length;
  }
  if (prefix.length < MAX_PREFIX_BYTES) throw INCOMPLETE;
  throw new Error(`a frame is longer than ${maxBytes} bytes`);
}
