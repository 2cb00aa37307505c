import type { CallOptions } from "@gadus/protocol";
import type { CID } from "multiformats/cid";
import type { Block } from "./content-store.ts";
import { StorageError } from "./storage-error.ts";
import { walkDag } from "./walk-dag.ts";

/**
 * All blocks below `root` if they are no more than `maxBytes` together; stops reading as soon as they are more.
 *
 * `findBlock` answers undefined for a block that isn't here; then the answer is undefined too.
 */
export async function collectBlocks(
  root: CID,
  maxBytes: number,
  findBlock: (cid: CID) => Promise<Uint8Array | undefined>,
  options: CallOptions = {},
): Promise<readonly Block[] | undefined> {
  const absent = new StorageError(
    "storage/not-found",
    `Cannot collect "${root.toString()}": a block isn't here`,
  );
  const get = async (cid: CID): Promise<Uint8Array> => {
    options.signal?.throwIfAborted();
    const bytes = await findBlock(cid);
    if (bytes === undefined) throw absent;
    return bytes;
  };
  const found: Block[] = [];
  let total = 0;
  try {
    for await (const { cid, bytes } of walkDag(root, get)) {
      total += bytes.length;
      if (total > maxBytes) return undefined;
      found.push({ cid: cid.toString(), bytes });
    }
  } catch (error) {
    if (error === absent) return undefined;
    throw error;
  }
  return found;
}
