import { type BlockSink, importResults } from "@gadus/protocol";
import { CarReader } from "@ipld/car";
import { expect, test } from "vitest";
import { patternBytes } from "./conformance.ts";
import type { ContentNetwork } from "./content-network.ts";
import { exportCar } from "./export-car.ts";
import { createMemoryBlocks } from "./memory-blocks.ts";
import { memoryVolume } from "./memory.ts";
import { StorageError } from "./storage-error.ts";
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

test("exportCar() rejects before its first byte where the root can't be had", async () => {
  const { network } = newNetwork();
  const first = toArray(exportCar(network, "bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy"));
  await expect(first).rejects.toMatchObject({ code: "storage/not-found" });
});
