import type { OutputName } from "@gadus/protocol";
import { CappedOutput } from "./capped-output.ts";
import { LOG_FILE_BYTES } from "./docker-container.ts";

/** What is kept of each stream; the same on every node, since results are compared. */
const MAX_STREAM_BYTES = 1024 * 1024;

const HEADER_BYTES = 8;
/** What an engine's log takes for a piece of output beside its bytes, at most. */
const LOG_ENTRY_BYTES = 64;
/** A byte in a JSON log takes six at most. */
const JSON_FACTOR = 6;
/** A line is split at this length, and the driver `local` loses the end of what it splits. */
const SPLIT_BYTES = 16_384;
/** What a JSON log has in place of bytes that are no UTF-8. */
const REPLACEMENT = Buffer.from("\ufffd");
const STREAMS: readonly (OutputName | undefined)[] = [undefined, "stdout", "stderr"];

/** What a container prints, as far as it is kept; read again from its beginning, nothing is lost or there twice. */
export class ContainerOutput {
  readonly stdout = new CappedOutput("stdout", MAX_STREAM_BYTES, "truncate");
  readonly stderr = new CappedOutput("stderr", MAX_STREAM_BYTES, "truncate");
  readonly #tell: (stream: OutputName, bytes: Uint8Array) => void;
  readonly #seen = { stdout: 0, stderr: 0 };

  constructor(tell: (stream: OutputName, bytes: Uint8Array) => void) {
    this.#tell = tell;
  }

  /** Reads `stream`, which gives what was printed in frames, from the first byte on; settles at its end. */
  async read(stream: AsyncIterable<Buffer>, origin: "attached" | "local" | "json-file"): Promise<ReadOutput> {
    const at = { stdout: 0, stderr: 0 };
    let logBytes = 0;
    let isChanged = false;
    for await (const { name, bytes, isFirst, frameBytes } of framesOf(stream)) {
      isChanged ||= origin === "local" && frameBytes >= SPLIT_BYTES;
      isChanged ||= origin === "json-file" && Buffer.from(bytes).includes(REPLACEMENT);
      logBytes += (isFirst ? LOG_ENTRY_BYTES : 0) + bytes.length * (origin === "json-file" ? JSON_FACTOR : 1);
      const from = Math.max(0, this.#seen[name] - at[name]);
      at[name] += bytes.length;
      if (from < bytes.length) this.#take(name, bytes.subarray(from));
    }
    return { mayHaveLost: isChanged || (origin !== "attached" && logBytes >= LOG_FILE_BYTES) };
  }

  #take(name: OutputName, bytes: Uint8Array): void {
    this.#seen[name] += bytes.length;
    const output = this[name];
    const before = output.bytes().length;
    output.write(bytes);
    const kept = output.bytes().length - before;
    if (kept > 0) this.#tell(name, bytes.slice(0, kept));
  }
}

/** What reading an output came to. */
export interface ReadOutput {
  /** Whether the engine may have kept no longer all that was printed, or not as it was. */
  readonly mayHaveLost: boolean;
}

interface Piece {
  readonly name: OutputName;
  readonly bytes: Uint8Array;
  /** Whether a frame begins with it. */
  readonly isFirst: boolean;
  /** Of the whole frame. */
  readonly frameBytes: number;
}

/** The pieces of frames of eight bytes of header (stream, three zeros, length) and their bytes; none is held whole. */
async function* framesOf(stream: AsyncIterable<Buffer>): AsyncGenerator<Piece> {
  let header = Buffer.alloc(0);
  let left = 0;
  let frameBytes = 0;
  let name: OutputName | undefined;
  for await (const chunk of stream) {
    let rest = chunk;
    while (rest.length > 0) {
      let isFirst = false;
      if (left === 0) {
        const wanted = HEADER_BYTES - header.length;
        header = Buffer.concat([header, rest.subarray(0, wanted)]);
        rest = rest.subarray(wanted);
        if (header.length < HEADER_BYTES) continue;
        name = STREAMS[header[0] ?? 0];
        left = header.readUInt32BE(4);
        frameBytes = left;
        header = Buffer.alloc(0);
        isFirst = true;
      }
      const bytes = rest.subarray(0, left);
      rest = rest.subarray(bytes.length);
      left -= bytes.length;
      if (name !== undefined && bytes.length > 0) yield { name, bytes, isFirst, frameBytes };
    }
  }
  if (left > 0 || header.length > 0) throw new Error("What a container printed ends within a frame");
}
