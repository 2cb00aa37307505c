import { type FileHandle, open } from "node:fs/promises";
import { CID } from "multiformats/cid";
import { blockKey } from "./block-key.ts";
import { ClientError } from "./client-error.ts";
import { MAX_BLOCK_BYTES, verifyBlock } from "./verify-block.ts";

/** The longest CID that is kept. */
const MAX_CID_BYTES = 128;
const HEAD_BYTES = 8;

/** Blocks that were received and checked, one behind the other in a file that outlives the process. */
export interface BlockStore {
  /** Bytes of all blocks in it. */
  readonly sizeBytes: number;
  has(cid: CID): boolean;
  /** Keeps a block, which its caller has checked; one that is there already is not kept twice. */
  append(cid: CID, bytes: Uint8Array): Promise<void>;
  /** @throws {ClientError} `client/not-found` for a block that isn't there */
  get(cid: CID): Promise<Uint8Array>;
  close(): Promise<void>;
}

/**
 * The store in the file `path`, which is made where it isn't there.
 *
 * A block is behind the length of its CID, its own length, and its CID. What is found in the file is checked again; what
 * stands behind the first that is broken, such as one that a process died over, is cut off.
 */
export async function openBlockStore(path: string): Promise<BlockStore> {
  const file = await open(path, "a+").then(async (made) => {
    await made.close();
    return await open(path, "r+");
  });
  const places = new Map<string, { readonly offset: number; readonly length: number }>();
  let [end, sizeBytes] = [0, 0];
  const keep = (cid: CID, length: number): void => {
    const offset = end + HEAD_BYTES + cid.bytes.length;
    places.set(blockKey(cid), { offset, length });
    end = offset + length;
    sizeBytes += length;
  };
  for (let found = await readRecord(file, end); found !== undefined; found = await readRecord(file, end))
    keep(found.cid, found.length);
  await file.truncate(end);
  let tail = Promise.resolve();
  const write = async (cid: CID, bytes: Uint8Array): Promise<void> => {
    if (places.has(blockKey(cid))) return;
    const record = new Uint8Array(HEAD_BYTES + cid.bytes.length + bytes.length);
    const head = new DataView(record.buffer);
    head.setUint32(0, cid.bytes.length);
    head.setUint32(4, bytes.length);
    record.set(cid.bytes, HEAD_BYTES);
    record.set(bytes, HEAD_BYTES + cid.bytes.length);
    await writeAll(file, record, end);
    keep(cid, bytes.length);
  };
  return {
    get sizeBytes() {
      return sizeBytes;
    },
    has: (cid) => places.has(blockKey(cid)),
    append(cid, bytes) {
      tail = tail.then(() => write(cid, bytes));
      return tail;
    },
    async get(cid) {
      const place = places.get(blockKey(cid));
      if (place === undefined) {
        throw new ClientError("client/not-found", `Cannot read block "${cid.toString()}": it didn't arrive`);
      }
      return await readAll(file, place.offset, place.length);
    },
    close: () => file.close(),
  };
}

/** What stands at `offset`; undefined where that is no whole, right block. */
async function readRecord(
  file: FileHandle,
  offset: number,
): Promise<{ readonly cid: CID; readonly length: number } | undefined> {
  const bytes = await readAll(file, offset, HEAD_BYTES);
  if (bytes.length < HEAD_BYTES) return undefined;
  const head = new DataView(bytes.buffer);
  const [cidLength, length] = [head.getUint32(0), head.getUint32(4)];
  if (cidLength === 0 || cidLength > MAX_CID_BYTES || length > MAX_BLOCK_BYTES) return undefined;
  const body = await readAll(file, offset + HEAD_BYTES, cidLength + length);
  if (body.length < cidLength + length) return undefined;
  try {
    const cid = CID.decode(body.subarray(0, cidLength));
    await verifyBlock(cid, body.subarray(cidLength));
    return { cid, length };
  } catch {
    return undefined;
  }
}

/** `length` bytes at `offset`, or as many as there are. */
async function readAll(file: FileHandle, offset: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  let read = 0;
  while (read < length) {
    const { bytesRead } = await file.read(bytes, read, length - read, offset + read);
    if (bytesRead === 0) break;
    read += bytesRead;
  }
  return bytes.subarray(0, read);
}

async function writeAll(file: FileHandle, bytes: Uint8Array, offset: number): Promise<void> {
  for (let written = 0; written < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, written, bytes.length - written, offset + written);
    written += bytesWritten;
  }
}
