import type { FileHandle } from "node:fs/promises";
import type { JournalCursor, LogChunk } from "@gadus/compute";
import { MAX_LOG_BYTES, type OutputName } from "@gadus/protocol";
import { HEADER_BYTES, headerAt, MAX_RECORD_BYTES } from "./journal-records.ts";

/** What is read of a file at one time; a record fits. */
const READ_BYTES = MAX_LOG_BYTES;

/** The journal in `file`, which it closes in the end, from the printed byte `fromBytes` on. */
export function openJournal(file: FileHandle, fromBytes: number): JournalCursor {
  /** Where in the file the next record begins, and what byte of what was printed is its first. */
  let position = 0;
  let offset = 0;
  /** What was read of the file and not yet taken, from `position` on. */
  let held: Buffer = Buffer.alloc(0);

  async function fill(): Promise<void> {
    const buffer = Buffer.allocUnsafe(READ_BYTES);
    const { bytesRead } = await file.read(buffer, 0, READ_BYTES, position);
    held = buffer.subarray(0, bytesRead);
  }

  function consume(bytes: number): void {
    held = held.subarray(bytes);
    position += bytes;
  }

  /** The next records of one stream that are held, together; skips those before `fromBytes`. */
  function take(): LogChunk | "ended" | undefined {
    const parts: Buffer[] = [];
    let stream: OutputName | undefined;
    for (let header = headerAt(held, 0); header !== undefined; header = headerAt(held, 0)) {
      if (header.stream === undefined) {
        if (stream === undefined) return "ended";
        break;
      }
      if (header.length > MAX_RECORD_BYTES) throw new Error("a journal's file is broken");
      if (held.length < HEADER_BYTES + header.length) break;
      if (stream !== undefined && stream !== header.stream) break;
      const bytes = held.subarray(HEADER_BYTES, HEADER_BYTES + header.length);
      const skipped = Math.min(bytes.length, Math.max(0, fromBytes - offset));
      consume(HEADER_BYTES + bytes.length);
      offset += bytes.length;
      if (skipped === bytes.length) continue;
      parts.push(bytes.subarray(skipped));
      stream = header.stream;
    }
    if (stream === undefined) return undefined;
    const bytes = new Uint8Array(Buffer.concat(parts));
    return { stream, offset: offset - bytes.length, bytes };
  }

  return {
    async next() {
      for (;;) {
        const taken = take();
        if (taken !== undefined) return taken;
        await fill();
        const header = headerAt(held, 0);
        if (header === undefined || held.length < HEADER_BYTES + header.length) return "more";
      }
    },
    close: () => file.close(),
  };
}
