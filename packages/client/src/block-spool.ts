import { type FileHandle, open } from "node:fs/promises";
import type { CID } from "multiformats/cid";
import { blockKey } from "./block-key.ts";
import { ClientError } from "./client-error.ts";

/** Blocks that were received, one behind the other in a file. */
export interface BlockSpool {
  append(cid: CID, bytes: Uint8Array): Promise<void>;
  /** @throws {ClientError} `client/not-found` for a block that wasn't appended */
  get(cid: CID): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** A spool in the new file `path`. */
export async function openBlockSpool(path: string): Promise<BlockSpool> {
  const file: FileHandle = await open(path, "wx+");
  const places = new Map<string, { readonly offset: number; readonly length: number }>();
  let end = 0;
  return {
    async append(cid, bytes): Promise<void> {
      const place = { offset: end, length: bytes.length };
      await file.appendFile(bytes);
      places.set(blockKey(cid), place);
      end += bytes.length;
    },
    async get(cid): Promise<Uint8Array> {
      const place = places.get(blockKey(cid));
      if (place === undefined) {
        throw new ClientError("client/not-found", `Cannot read block "${cid.toString()}": it didn't arrive`);
      }
      const bytes = new Uint8Array(place.length);
      await file.read(bytes, 0, place.length, place.offset);
      return bytes;
    },
    close: () => file.close(),
  };
}
