import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { CallOptions } from "@gadus/protocol";
import type { Blockstore, InputPair, Pair } from "interface-blockstore";
import { NotFoundError } from "interface-store";
import { base32 } from "multiformats/bases/base32";
import { CID } from "multiformats/cid";
import * as raw from "multiformats/codecs/raw";
import * as Digest from "multiformats/hashes/digest";
import { openBlockFiles } from "./block-files.ts";
import { blockKey } from "./block-key.ts";
import { createBlockTable } from "./block-table.ts";
import { createGroupCommit } from "./group-commit.ts";
import { type DiskParts, MAX_ROW_BYTES, putLarge, removeAfter } from "./disk-parts.ts";
import { joinChunks } from "./import-content.ts";
import { createPinWriter } from "./pin-writer.ts";
import type { PinnedBlocks } from "./pinned-blocks.ts";
import { orFull } from "./storage-full.ts";

const KEYS_PER_PAGE = 1000;

/** Blocks on disk: a blockstore for Helia, whose pinned blocks survive a power loss. */
export interface DiskBlocks extends PinnedBlocks {
  /** What Helia reads and writes. What is put through it is pinned by nothing, and may be lost with the power. */
  readonly blockstore: Blockstore;
  /** Removes every block that no reason holds; answers how many there were. What is fetched again comes back. */
  removeUnpinned(): Promise<number>;
  /** Settles once nothing of it is open; all that was kept is written. */
  close(): Promise<void>;
}

/**
 * Opens the blocks in `folder`, which is made if need be; what a crash left unfinished is removed.
 *
 * Blocks are told apart by multihash. One process at a time may have a folder open.
 */
export async function openDiskBlocks(folder: string): Promise<DiskBlocks> {
  await mkdir(folder, { recursive: true });
  const database = new DatabaseSync(join(folder, "blocks.sqlite"));
  database.exec("PRAGMA journal_mode = WAL; PRAGMA busy_timeout = 5000; PRAGMA synchronous = FULL");
  const parts: DiskParts = {
    table: createBlockTable(database),
    files: await openBlockFiles(join(folder, "large")),
    commits: createGroupCommit(database),
    claims: new Map(),
  };
  for (const pin of parts.table.unfinishedPins()) {
    await removeAfter(parts, () => parts.table.dropPin(pin));
  }
  return {
    blockstore: createBlockstore(parts),
    find: (cid, into) => find(parts, blockKey(cid), into),
    has: (cid) => has(parts, blockKey(cid)),
    async keep(blocks): Promise<void> {
      const large = blocks.filter(({ bytes }) => bytes.length > MAX_ROW_BYTES);
      for (const { cid, bytes } of large) await putLarge(parts, blockKey(cid), bytes);
      await parts.files.syncNames(large.map(({ cid }) => blockKey(cid)));
      const small = blocks.filter(({ bytes }) => bytes.length <= MAX_ROW_BYTES);
      const write = (): void => {
        for (const { cid, bytes } of small) parts.table.write(blockKey(cid), bytes);
      };
      await parts.commits.run(write, true).catch(orFull("keep blocks"));
    },
    pin: (fill, options) => createPinWriter(parts).pin(fill, options),
    async unpin(reason): Promise<void> {
      await removeAfter(parts, () => {
        const pin = parts.table.pinOf(reason);
        return pin === undefined ? [] : parts.table.dropPin(pin);
      });
    },
    async removeUnpinned(): Promise<number> {
      let removed = 0;
      let page: string[] = [];
      for await (const key of allKeys(parts)) {
        page.push(key);
        if (page.length < KEYS_PER_PAGE) continue;
        const full = page;
        page = [];
        removed += await removeAfter(parts, () => full);
      }
      return removed + (await removeAfter(parts, () => page));
    },
    async close(): Promise<void> {
      parts.commits.flush();
      if (database.isOpen) database.close();
    },
  };
}

async function find(
  { table, files }: DiskParts,
  key: string,
  into?: Uint8Array,
): Promise<Uint8Array | undefined> {
  return table.read(key) ?? files.read(key, into);
}

async function has({ table, files }: DiskParts, key: string): Promise<boolean> {
  return table.has(key) || files.has(key);
}

function createBlockstore(parts: DiskParts): Blockstore {
  const { table, files, commits } = parts;
  const put = async (cid: CID, value: InputPair["bytes"], options: CallOptions = {}): Promise<CID> => {
    options.signal?.throwIfAborted();
    const bytes = await joinChunks(value);
    const key = blockKey(cid);
    if (bytes.length > MAX_ROW_BYTES) await putLarge(parts, key, bytes);
    else await commits.run(() => table.write(key, bytes), false).catch(orFull("write a block"));
    return cid;
  };
  const get = async function* (cid: CID, options: CallOptions = {}): AsyncGenerator<Uint8Array> {
    options.signal?.throwIfAborted();
    const bytes = await find(parts, blockKey(cid));
    if (bytes === undefined) throw new NotFoundError(`Cannot read block "${cid.toString()}": it isn't here`);
    yield bytes;
  };
  const remove = async (cid: CID, options: CallOptions = {}): Promise<void> => {
    options.signal?.throwIfAborted();
    const key = blockKey(cid);
    await commits.run(() => table.remove(key), false);
    files.remove(key);
  };
  return {
    put,
    get,
    delete: remove,
    async has(cid, options = {}): Promise<boolean> {
      options.signal?.throwIfAborted();
      return has(parts, blockKey(cid));
    },
    async *putMany(source, options = {}): AsyncGenerator<CID> {
      for await (const { cid, bytes } of source) yield put(cid, bytes, options);
    },
    async *getMany(source, options = {}): AsyncGenerator<Pair> {
      for await (const cid of source) yield { cid, bytes: get(cid, options) };
    },
    async *deleteMany(source, options = {}): AsyncGenerator<CID> {
      for await (const cid of source) {
        await remove(cid, options);
        yield cid;
      }
    },
    async *getAll(options = {}): AsyncGenerator<Pair> {
      for await (const key of allKeys(parts)) {
        options.signal?.throwIfAborted();
        const cid = CID.createV1(raw.code, Digest.decode(base32.baseDecode(key)));
        if (await has(parts, key)) yield { cid, bytes: get(cid, options) };
      }
    },
  };
}

async function* allKeys({ table, files }: DiskParts): AsyncGenerator<string> {
  let page = table.keys("", KEYS_PER_PAGE);
  for (let last = page.at(-1); last !== undefined; last = page.at(-1)) {
    yield* page;
    page = table.keys(last, KEYS_PER_PAGE);
  }
  yield* files.keys();
}
