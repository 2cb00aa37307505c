import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ContentStore } from "./content-store.ts";
import { patternBytes } from "./source-conformance.ts";

/** A content store that a test may fill. */
export interface ContentStoreFixture {
  readonly content: ContentStore;
  /** Another store that has nothing of the first. */
  readonly other: ContentStore;
  readonly close?: () => Promise<void>;
}

const KUBO_EMPTY = "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku";
const KUBO_HELLO = "bafkreibm6jg3ux5qumhcn2b3flc3tyu6dmlb4xa7u5bf44yegnrjhc4yeq";
const UNKNOWN = "bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy";
const MEGABYTE = 1024 * 1024;

/** The contract of {@link ContentStore}. */
export function describeContentStore(name: string, setup: () => Promise<ContentStoreFixture>): void {
  describe(`${name} is a ContentStore`, () => {
    let fixture: ContentStoreFixture;
    beforeEach(async () => {
      fixture = await setup();
    });
    afterEach(async () => {
      await fixture.close?.();
    });

    test("add() names content as Kubo does", async () => {
      const { content } = fixture;
      expect(await content.add(new Uint8Array(0))).toEqual({ cid: KUBO_EMPTY, sizeBytes: 0 });
      expect(await content.add(new TextEncoder().encode("hello"))).toEqual({ cid: KUBO_HELLO, sizeBytes: 5 });
    });

    test("add() gives a stream the CID of its bytes, however they are cut", async () => {
      const bytes = patternBytes(2 * MEGABYTE + 17);
      const whole = await fixture.content.add(bytes);
      const cut = await fixture.other.add(
        (async function* () {
          for (let offset = 0; offset < bytes.length; offset += 99_991)
            yield bytes.subarray(offset, offset + 99_991);
        })(),
      );
      expect(cut).toEqual(whole);
      expect(whole.sizeBytes).toBe(bytes.length);
    });

    test("addFolder() names a folder the same, in whatever order its files come, and has all of it", async () => {
      const files = [
        { path: ["a.txt"], bytes: new TextEncoder().encode("a") },
        { path: ["b"] },
        { path: ["b", "c.bin"], bytes: patternBytes(2 * MEGABYTE + 1) },
        { path: ["empty"] },
      ];
      const kept = await fixture.content.addFolder(files);
      expect(await fixture.other.addFolder(files.toReversed())).toEqual(kept);
      expect(kept.sizeBytes).toBe(2 * MEGABYTE + 2);
      const blocks = await fixture.content.blocksOf(kept.cid, 4 * MEGABYTE);
      expect(blocks?.[0]?.cid).toBe(kept.cid);
      expect(blocks?.length).toBeGreaterThan(5);
    });

    test("add() rejects with the signal's reason", async () => {
      const reason = new Error("no longer wanted");
      const signal = AbortSignal.abort(reason);
      await expect(fixture.content.add(patternBytes(10), { signal })).rejects.toBe(reason);
    });

    test("add() rejects with what the content rejects with", async () => {
      const reason = new Error("upload cut off");
      const broken = (async function* () {
        yield patternBytes(10);
        throw reason;
      })();
      await expect(fixture.content.add(broken)).rejects.toBe(reason);
    });

    test("has() is true for what was added and false for anything else", async () => {
      const { cid } = await fixture.content.add(patternBytes(100));
      expect(await fixture.content.has(cid)).toBe(true);
      expect(await fixture.content.has(UNKNOWN)).toBe(false);
      expect(await fixture.other.has(cid)).toBe(false);
    });

    test("has() refuses what is no CID", async () => {
      await expect(fixture.content.has("not-a-cid")).rejects.toMatchObject({
        code: "storage/invalid-source",
      });
    });

    test("blocksOf() answers every block, which putBlocks() takes elsewhere", async () => {
      const { cid } = await fixture.content.add(patternBytes(2 * MEGABYTE + 17));
      const blocks = await fixture.content.blocksOf(cid, 4 * MEGABYTE);
      expect(blocks).toHaveLength(4);
      expect(blocks?.[0]?.cid).toBe(cid);
      await fixture.other.putBlocks(blocks ?? []);
      expect(await fixture.other.has(cid)).toBe(true);
      expect(await fixture.other.blocksOf(cid, 4 * MEGABYTE)).toEqual(blocks);
    });

    test("blocksOf() answers undefined for more bytes than asked for", async () => {
      const { cid } = await fixture.content.add(patternBytes(1000));
      expect(await fixture.content.blocksOf(cid, 1000)).toHaveLength(1);
      expect(await fixture.content.blocksOf(cid, 999)).toBeUndefined();
    });

    test("blocksOf() answers undefined where a block is missing", async () => {
      const { cid } = await fixture.content.add(patternBytes(MEGABYTE + 1));
      const [root] = (await fixture.content.blocksOf(cid, 2 * MEGABYTE)) ?? [];
      await fixture.other.putBlocks(root ? [root] : []);
      expect(await fixture.other.has(cid)).toBe(true);
      expect(await fixture.other.blocksOf(cid, 2 * MEGABYTE)).toBeUndefined();
      expect(await fixture.other.blocksOf(UNKNOWN, 1000)).toBeUndefined();
    });

    test("putBlocks() keeps none where one is not what its CID says", async () => {
      const good = { cid: KUBO_HELLO, bytes: new TextEncoder().encode("hello") };
      const bad = { cid: UNKNOWN, bytes: new TextEncoder().encode("something else") };
      await expect(fixture.content.putBlocks([good, bad])).rejects.toMatchObject({
        code: "storage/invalid-block",
      });
      expect(await fixture.content.has(KUBO_HELLO)).toBe(false);
      await fixture.content.putBlocks([good]);
      expect(await fixture.content.has(KUBO_HELLO)).toBe(true);
    });
  });
}
