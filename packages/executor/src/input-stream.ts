import type { AskInput } from "./input-channel.ts";
import { ERRNO } from "./wasi-constants.ts";
import { refuse } from "./wasi-error.ts";

/** Bytes that are read once, in order: a guest's standard input. */
export interface InputStream {
  /** Fills `target` with what comes next; answers how many bytes, none at the end. */
  read(target: Uint8Array): number;
  /** What is known to be there without waiting. */
  readyBytes(): number;
}

/** A stream of `bytes`. */
export function bytesStream(bytes: Uint8Array): InputStream {
  let offset = 0;
  return {
    read: (target) => {
      const part = bytes.subarray(offset, offset + target.length);
      target.set(part);
      offset += part.length;
      return part.length;
    },
    readyBytes: () => bytes.length - offset,
  };
}

/** The most that is asked of a stream at once. */
const MAX_READ_BYTES = 65_536;

/** A stream that comes from outside as input `mount`, asked for when it is read. */
export function askedStream(ask: AskInput, mount: number): InputStream {
  let offsetBytes = 0;
  return {
    read: (target) => {
      const lengthBytes = Math.min(target.length, MAX_READ_BYTES);
      const answer = ask({ kind: "stream", mount, path: "", offsetBytes, lengthBytes });
      if (answer.kind !== "read" || answer.bytes.length > lengthBytes) return refuse(ERRNO.io);
      target.set(answer.bytes);
      offsetBytes += answer.bytes.length;
      return answer.bytes.length;
    },
    readyBytes: () => 1,
  };
}
