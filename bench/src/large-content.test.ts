import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openDiskBlocks } from "@gadus/storage/disk-blocks";
import { createIpfsSource } from "@gadus/storage/ipfs";
import { expect, onTestFinished, test } from "vitest";
import { countBlocks, makeLargeContent } from "./large-content.ts";

const MIB = 1024 ** 2;
const GIB = 1024 * MIB;

test("makeLargeContent() makes a file of its full size out of few blocks, which come again in order", async () => {
  const folder = await mkdtemp(join(tmpdir(), "gadus-large-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const content = await makeLargeContent(folder, { parts: 10, leaves: 3 });
  expect(content).toMatchObject({ sizeBytes: 10 * GIB, distinctBytes: 3 * MIB });
  expect(content.blocks).toHaveLength(5);
  expect(await countBlocks(folder, content.blocks)).toBe(5);

  const disk = await openDiskBlocks(folder);
  onTestFinished(() => disk.close());
  const network = {
    has: async () => true,
    get: async (cid: Parameters<typeof disk.find>[0]) => (await disk.find(cid)) ?? new Uint8Array(0),
  };
  const source = createIpfsSource(network);
  const volume = await source.open({ type: "ipfs", params: { cid: content.cid } });
  expect(await volume.stat("")).toMatchObject({ sizeBytes: 10 * GIB });
  const at = (offset: number): Promise<Uint8Array> => volume.read("", offset, 16);
  // 1,024 leaves a part: the sixth begins with the same leaf as the first.
  expect(await at(5 * GIB + MIB)).toEqual(await at(MIB));
  expect(await at(3 * MIB)).toEqual(await at(0));
  expect(await at(MIB)).not.toEqual(await at(0));
});
