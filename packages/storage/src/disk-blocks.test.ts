import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BlockSink } from "@gadus/protocol";
import { CID } from "multiformats/cid";
import * as raw from "multiformats/codecs/raw";
import { sha256 } from "multiformats/hashes/sha2";
import { describe, expect, onTestFinished, test } from "vitest";
import { describeContentStore, patternBytes } from "./conformance.ts";
import { type DiskBlocks, openDiskBlocks } from "./disk-blocks.ts";
import { joinChunks } from "./import-content.ts";
import { createMemoryBlocks } from "./memory-blocks.ts";
import { createPinnedContent } from "./pinned-content.ts";
import type { PinnedBlocks } from "./pinned-blocks.ts";
import { toArray } from "./to-array.ts";

const temporary = () => mkdtemp(join(tmpdir(), "gadus-blocks-"));

async function newBlocks(): Promise<{ path: string; blocks: DiskBlocks }> {
  const path = await temporary();
  const blocks = await openDiskBlocks(path);
  onTestFinished(async () => {
    await blocks.close();
    await rm(path, { recursive: true });
  });
  return { path, blocks };
}

async function block(text: string, size = text.length): Promise<{ cid: CID; bytes: Uint8Array }> {
  const bytes = new Uint8Array(size);
  bytes.set(new TextEncoder().encode(text));
  return { cid: CID.createV1(raw.code, await sha256.digest(bytes)), bytes };
}

const LARGE = 100_000;

describeContentStore("disk", async () => {
  const [path, otherPath] = [await temporary(), await temporary()];
  const [blocks, other] = [await openDiskBlocks(path), await openDiskBlocks(otherPath)];
  return {
    content: createPinnedContent(blocks),
    other: createPinnedContent(other),
    close: async () => {
      await Promise.all([blocks.close(), other.close()]);
      await Promise.all([rm(path, { recursive: true }), rm(otherPath, { recursive: true })]);
    },
  };
});

describe("disk blocks are a Blockstore", () => {
  test.each([10, 64 * 1024, 64 * 1024 + 1, LARGE])(
    "a block of %d bytes can be put, got and deleted",
    async (size) => {
      const { blockstore } = (await newBlocks()).blocks;
      const { cid, bytes } = await block("x", size);
      expect(await blockstore.has(cid)).toBe(false);
      await expect(toArray(blockstore.get(cid) as AsyncGenerator<Uint8Array>)).rejects.toMatchObject({
        name: "NotFoundError",
      });
      expect(await blockstore.put(cid, bytes)).toBe(cid);
      await blockstore.put(cid, [bytes.subarray(0, 5), bytes.subarray(5)]);
      expect(await blockstore.has(cid)).toBe(true);
      expect(Buffer.from(await joinChunks(blockstore.get(cid))).equals(bytes)).toBe(true);
      await blockstore.delete(cid);
      expect(await blockstore.has(cid)).toBe(false);
    },
  );

  test("many can be put, got, listed and deleted, in order", async () => {
    const { blockstore } = (await newBlocks()).blocks;
    const pairs = await Promise.all(
      Array.from({ length: 30 }, (_, index) => block(`b${index}`, index % 3 === 0 ? LARGE : 100)),
    );
    expect(await toArray(blockstore.putMany(pairs) as AsyncGenerator<CID>)).toEqual(
      pairs.map(({ cid }) => cid),
    );
    const got = [];
    for await (const { cid, bytes } of blockstore.getMany(pairs.map((pair) => pair.cid))) {
      got.push({ cid, bytes: Uint8Array.from(await joinChunks(bytes)) });
    }
    expect(got).toEqual(pairs);
    const all = [];
    for await (const { cid, bytes } of blockstore.getAll())
      all.push(`${cid.toString()} ${(await joinChunks(bytes)).length}`);
    expect(new Set(all)).toEqual(new Set(pairs.map(({ cid, bytes }) => `${cid.toString()} ${bytes.length}`)));
    expect(all).toHaveLength(pairs.length);
    await toArray(blockstore.deleteMany(pairs.map(({ cid }) => cid)) as AsyncGenerator<CID>);
    expect(await Promise.all(pairs.map(async ({ cid }) => blockstore.has(cid)))).not.toContain(true);
  });

  test("versions and codecs of a CID share a block", async () => {
    const { blockstore } = (await newBlocks()).blocks;
    const { cid, bytes } = await block("shared");
    await blockstore.put(CID.createV0(cid.multihash as never), bytes);
    expect(await blockstore.has(cid)).toBe(true);
    expect(await joinChunks(blockstore.get(cid))).toEqual(bytes);
  });

  test("each call rejects with the signal's reason", async () => {
    const { blockstore } = (await newBlocks()).blocks;
    const { cid, bytes } = await block("x");
    const reason = new Error("no longer wanted");
    const options = { signal: AbortSignal.abort(reason) };
    await expect(blockstore.put(cid, bytes, options)).rejects.toBe(reason);
    await expect(blockstore.has(cid, options)).rejects.toBe(reason);
    await expect(blockstore.delete(cid, options)).rejects.toBe(reason);
    await expect(joinChunks(blockstore.get(cid, options))).rejects.toBe(reason);
  });
});

describe.each<[string, () => Promise<PinnedBlocks>]>([
  ["disk blocks", async () => (await newBlocks()).blocks],
  ["memory blocks", async () => createMemoryBlocks()],
])("%s are PinnedBlocks", (_, create) => {
  const pinning =
    (reason: string, ...put: readonly { cid: CID; bytes: Uint8Array }[]) =>
    async (sink: BlockSink) => {
      for (const { cid, bytes } of put) await sink.put(cid, bytes);
      return { reason, cid: put[0]?.cid.toString() ?? "" };
    };

  test("pin() answers what fill answers, and keeps what it put", async () => {
    const blocks = await create();
    const [small, large] = [await block("small"), await block("large", LARGE)];
    expect(await blocks.pin(pinning("r", small, large))).toEqual({ reason: "r", cid: small.cid.toString() });
    expect(await blocks.find(small.cid)).toEqual(small.bytes);
    expect(Buffer.from((await blocks.find(large.cid)) ?? []).equals(large.bytes)).toBe(true);
  });

  test("unpin() removes what nothing else holds", async () => {
    const blocks = await create();
    const [one, two, three] = [await block("one"), await block("two", LARGE), await block("three", LARGE)];
    await blocks.pin(pinning("a", one, two));
    await blocks.pin(pinning("b", two, three));
    await blocks.unpin("a");
    expect(await Promise.all([one, two, three].map(({ cid }) => blocks.has(cid)))).toEqual([
      false,
      true,
      true,
    ]);
    await blocks.unpin("b");
    await blocks.unpin("never");
    expect(await Promise.all([one, two, three].map(({ cid }) => blocks.has(cid)))).toEqual([
      false,
      false,
      false,
    ]);
  });

  test("pin() for the same reason again takes the place of the first", async () => {
    const blocks = await create();
    const [one, two, three] = [await block("one"), await block("two", LARGE), await block("three", LARGE)];
    await blocks.pin(pinning("r", one, two));
    await blocks.pin(pinning("r", two, three));
    expect(await Promise.all([one, two, three].map(({ cid }) => blocks.has(cid)))).toEqual([
      false,
      true,
      true,
    ]);
    await blocks.pin(pinning("r", two, three));
    expect(await blocks.has(three.cid)).toBe(true);
  });

  test("pin() keeps nothing where fill rejects, but what others hold", async () => {
    const blocks = await create();
    const [one, two, three] = [await block("one"), await block("two", LARGE), await block("three", LARGE)];
    await blocks.pin(pinning("a", two));
    const failing = blocks.pin(async (sink) => {
      await pinning("b", one, two, three)(sink);
      throw new Error("not these");
    });
    await expect(failing).rejects.toThrow("not these");
    expect(await Promise.all([one, two, three].map(({ cid }) => blocks.has(cid)))).toEqual([
      false,
      true,
      false,
    ]);
  });

  test("unpin() leaves what a pin that isn't finished has put", async () => {
    const blocks = await create();
    const [small, large] = [await block("small"), await block("large", LARGE)];
    await blocks.pin(pinning("a", small, large));
    const { promise: unpinned, resolve } = Promise.withResolvers<void>();
    const pinned = blocks.pin(async (sink) => {
      const pin = await pinning("b", small, large)(sink);
      await unpinned;
      return pin;
    });
    await blocks.unpin("a");
    resolve();
    await pinned;
    expect(await Promise.all([small, large].map(({ cid }) => blocks.has(cid)))).toEqual([true, true]);
    expect(await blocks.find(small.cid)).toEqual(small.bytes);
  });

  test("pins and unpins at the same time leave what is pinned, whole, and nothing else", async () => {
    const blocks = await create();
    const pool = await Promise.all(
      Array.from({ length: 12 }, (_, index) => block(`p${index}`, index % 2 ? LARGE : 50)),
    );
    const of = (index: number) => pool.filter((_, at) => (at * 5 + index) % 4 < 2);
    await Promise.all(
      Array.from({ length: 60 }, async (_, index) => {
        await blocks.pin(pinning(`r${index}`, ...of(index)));
        if (index % 3 !== 0) await blocks.unpin(`r${index}`);
      }),
    );
    for (let index = 0; index < 60; index += 3) {
      for (const { cid, bytes } of of(index)) {
        expect(Buffer.from((await blocks.find(cid)) ?? []).equals(bytes)).toBe(true);
      }
    }
    for (let index = 0; index < 60; index += 3) await blocks.unpin(`r${index}`);
    expect(await Promise.all(pool.map(({ cid }) => blocks.has(cid)))).not.toContain(true);
  });
});

test("removeUnpinned() removes what nothing holds, and nothing else", async () => {
  const { blocks } = await newBlocks();
  const pinned = await createPinnedContent(blocks).add(patternBytes(1_500_000));
  const cached = [await block("small"), await block("large", LARGE)];
  await blocks.keep(cached);
  expect(await blocks.removeUnpinned()).toBe(2);
  expect(await Promise.all(cached.map(({ cid }) => blocks.has(cid)))).toEqual([false, false]);
  expect(await createPinnedContent(blocks).blocksOf(pinned.cid, 2_000_000)).toHaveLength(3);
});

test("what was pinned is there when the folder is opened again", async () => {
  const { path, blocks } = await newBlocks();
  const { cid, sizeBytes } = await createPinnedContent(blocks).add(patternBytes(1_500_000));
  await blocks.close();
  const again = await openDiskBlocks(path);
  const found = await createPinnedContent(again).blocksOf(cid, 2_000_000);
  expect(found?.slice(1).reduce((sum, { bytes }) => sum + bytes.length, 0)).toBe(sizeBytes);
  await again.unpin(`content:${cid}`);
  expect(await again.has(CID.parse(cid))).toBe(false);
  await again.close();
});

test("what a pin put that a crash cut off is gone when the folder is opened again", async () => {
  const { path, blocks } = await newBlocks();
  const put = await Promise.all(Array.from({ length: 1500 }, (_, index) => block(`b${index}`)));
  const { promise: wasPut, resolve } = Promise.withResolvers<void>();
  const never = blocks.pin(async (sink) => {
    for (const { cid, bytes } of put) await sink.put(cid, bytes);
    resolve();
    return new Promise<{ reason: string; cid: string }>(() => {});
  });
  await Promise.race([wasPut, never]);
  expect(await blocks.has(put[0]!.cid)).toBe(true);
  await blocks.close();
  await writeFile(join(path, "large", ".tmp", "half-written"), "x");
  const again = await openDiskBlocks(path);
  expect(await again.has(put[0]!.cid)).toBe(false);
  expect(await readdir(join(path, "large", ".tmp"))).toEqual([]);
  await again.close();
});
