import { type BlockSink, importResults } from "@gadus/protocol";
import { CarReader } from "@ipld/car";
import * as dagPb from "@ipld/dag-pb";
import { UnixFS } from "ipfs-unixfs";
import { CID } from "multiformats/cid";
import * as raw from "multiformats/codecs/raw";
import { sha256 } from "multiformats/hashes/sha2";
import { expect, test } from "vitest";
import { patternBytes } from "./conformance.ts";
import type { ContentNetwork } from "./content-network.ts";
import { exportCar } from "./export-car.ts";
import { createMemoryBlocks } from "./memory-blocks.ts";
import { memoryVolume } from "./memory.ts";
import { StorageError } from "./storage-error.ts";
import { decodeUnixfs } from "./unixfs-node.ts";
import { toArray } from "./to-array.ts";
import { verifyBlock } from "./verify-block.ts";

/** Blocks in memory, as a network that has them and nothing else. */
function newNetwork() {
  const blocks = createMemoryBlocks();
  const network: ContentNetwork = {
    has: (cid) => blocks.has(cid),
    async get(cid) {
      const bytes = await blocks.find(cid);
      if (bytes === undefined) throw new StorageError("storage/not-found", `Cannot fetch ${cid.toString()}`);
      return bytes;
    },
  };
  const sink: BlockSink = {
    async put(cid, bytes) {
      await blocks.keep([{ cid, bytes }]);
      return cid;
    },
  };
  return { network, sink };
}

test("exportCar() packs each block of a tree once, the root first", async () => {
  const { network, sink } = newNetwork();
  const large = patternBytes(2 * 1024 * 1024 + 3);
  const files = { stdout: "Hello, world!\n", "outputs/large": large, "outputs/same": large };
  const { cid } = await importResults(memoryVolume(files), sink);
  const car = await CarReader.fromIterable(exportCar(network, cid));
  expect((await car.getRoots()).map(String)).toEqual([cid]);
  const cids: string[] = [];
  for await (const block of car.blocks()) {
    await verifyBlock(block.cid, block.bytes);
    cids.push(block.cid.toString());
  }
  expect(cids[0]).toBe(cid);
  // The folder, outputs, stdout, and the large file with its three leaves.
  expect(cids).toHaveLength(7);
  expect(new Set(cids).size).toBe(7);
});

test("exportCar() packs the block alone, or the file or folder without what is in it", async () => {
  const { network, sink } = newNetwork();
  const large = patternBytes(2 * 1024 * 1024 + 3);
  const { cid } = await importResults(memoryVolume({ small: "x", large }), sink);
  const count = async (root: string, scope: "block" | "entity"): Promise<number> => {
    const car = await CarReader.fromIterable(exportCar(network, root, { scope }));
    return (await toArray(car.blocks())).length;
  };
  expect(await count(cid, "block")).toBe(1);
  expect(await count(cid, "entity")).toBe(1);
  const { links = [] } = decodeUnixfs(CID.parse(cid), await network.get(CID.parse(cid))) as {
    links?: readonly { name: string; cid: CID }[];
  };
  const file = String(links.find(({ name }) => name === "large")?.cid);
  expect(await count(file, "block")).toBe(1);
  expect(await count(file, "entity")).toBe(4);
});

test("exportCar() of a folder that is spread over many blocks has all of its parts as an entity, and nothing in them", async () => {
  const { network, sink } = newNetwork();
  const shard = async (links: readonly dagPb.PBLink[]): Promise<CID> => {
    const unixfs = new UnixFS({ type: "hamt-sharded-directory", fanout: 256n, hashType: 0x22n });
    const bytes = dagPb.encode(dagPb.prepare({ Data: unixfs.marshal(), Links: [...links] }));
    const cid = CID.createV1(dagPb.code, await sha256.digest(bytes));
    await sink.put(cid, bytes);
    return cid;
  };
  const leaf = CID.createV1(raw.code, await sha256.digest(new Uint8Array(1)));
  const part = await shard([{ Name: "01b", Tsize: 1, Hash: leaf }]);
  const root = await shard([
    { Name: "00", Tsize: 1, Hash: part },
    { Name: "02a", Tsize: 1, Hash: leaf },
  ]);
  const car = await CarReader.fromIterable(exportCar(network, root.toString(), { scope: "entity" }));
  expect((await toArray(car.blocks())).map(({ cid }) => cid.toString())).toEqual([
    String(root),
    String(part),
  ]);
});

test("exportCar() rejects before its first byte where the root can't be had", async () => {
  const { network } = newNetwork();
  const first = toArray(exportCar(network, "bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy"));
  await expect(first).rejects.toMatchObject({ code: "storage/not-found" });
});
