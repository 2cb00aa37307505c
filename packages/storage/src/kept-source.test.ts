import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { importResults } from "@gadus/protocol";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type DiskBlocks, openDiskBlocks } from "./disk-blocks.ts";
import { createKeptSource } from "./helia-content.ts";
import { memoryVolume } from "./memory-volume.ts";

let folder = "";
let blocks: DiskBlocks;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "gadus-kept-"));
  blocks = await openDiskBlocks(folder);
});
afterEach(async () => {
  await blocks.close();
  await rm(folder, { recursive: true });
});

test("a kept source presents what is on this disk, and no more once it is let go", async () => {
  const tree = memoryVolume({ stdout: "hello\n", "out/large": new Uint8Array(3 * 1024 * 1024).fill(9) });
  const { cid } = await blocks.pin(async (sink) => {
    const found = await importResults(tree, sink);
    return { reason: "execution:e-1", cid: found.cid };
  });
  const source = createKeptSource(blocks);
  const spec = { type: "ipfs", params: { cid } };
  const volume = await source.open(spec);
  expect(Buffer.from(await volume.read("stdout", 0, 100)).toString()).toBe("hello\n");
  expect((await volume.stat("out/large"))?.sizeBytes).toBe(3 * 1024 * 1024);

  await blocks.unpin("execution:e-1");
  await expect(source.open(spec)).rejects.toMatchObject({ code: "storage/not-found" });
  await expect(volume.read("out/large", 2 * 1024 * 1024, 10)).rejects.toMatchObject({
    code: "storage/not-found",
  });
});
