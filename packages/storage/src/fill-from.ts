import type { FileHandle } from "node:fs/promises";

/** Fills `into` from `offset` of a file; answers how much of it, less than all only where the file ends. */
export async function fillFrom(handle: FileHandle, into: Uint8Array, offset: number): Promise<number> {
  let length = 0;
  while (length < into.length) {
    const { bytesRead } = await handle.read(into, length, into.length - length, offset + length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return length;
}
