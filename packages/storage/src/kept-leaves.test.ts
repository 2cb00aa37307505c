import fc from "fast-check";
import { CID } from "multiformats/cid";
import * as raw from "multiformats/codecs/raw";
import { sha256 } from "multiformats/hashes/sha2";
import { expect, test } from "vitest";
import { patternBytes } from "./conformance.ts";
import { keepLeaves } from "./kept-leaves.ts";
import type { GetBlock } from "./unixfs-volume.ts";

const LEAVES = 12;
const SIZE = 1000;
const contents = Array.from({ length: LEAVES }, (_, index) => patternBytes(SIZE).fill(index, 0, 4));
const leaves = await Promise.all(
  contents.map(async (bytes) => ({
    cid: CID.createV1(raw.code, await sha256.digest(bytes)),
    sizeBytes: SIZE,
  })),
);

/** Gives blocks after some turns of the event loop, in new memory or in that which it is handed. */
function network(turns: () => number): { readonly get: GetBlock; readonly fetched: string[] } {
  const fetched: string[] = [];
  const get: GetBlock = async (cid, { into } = {}) => {
    fetched.push(cid.toString());
    const content = contents[leaves.findIndex((leaf) => leaf.cid.equals(cid))] ?? new Uint8Array(0);
    const wait = turns();
    for (let turn = 0; turn < wait; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    if (into === undefined || wait % 2 === 0) return content.slice();
    into.set(content);
    return into;
  };
  return { get, fetched };
}

test("parts of leaves are right, however many are read at once and however few are kept", async () => {
  const read = fc.record({
    leaf: fc.nat(LEAVES - 1),
    from: fc.nat(SIZE),
    to: fc.nat(SIZE),
    turns: fc.nat(3),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(read, { maxLength: 40 }),
      fc.integer({ min: 0, max: 3 }),
      async (reads, keep) => {
        const turns = reads.map((each) => each.turns);
        const kept = keepLeaves(network(() => turns.pop() ?? 0).get, keep * SIZE);
        await Promise.all(
          reads.map(async ({ leaf, from, to }) => {
            const [start, end] = from < to ? [from, to] : [to, from];
            const into = new Uint8Array(end - start);
            expect(await kept.read(leaves[leaf]!, start, into, {})).toBe(SIZE);
            expect(Buffer.compare(into, contents[leaf]!.subarray(start, end))).toBe(0);
          }),
        );
      },
    ),
    { numRuns: 60 },
  );
});

test("the leaves last read are kept, and those that are read whole are not", async () => {
  const { get, fetched } = network(() => 1);
  const kept = keepLeaves(get, 2 * SIZE);
  const read = (leaf: number, length: number) => kept.read(leaves[leaf]!, 0, new Uint8Array(length), {});
  for (const leaf of [0, 1, 0, 2, 0, 1]) await read(leaf, 10);
  expect(fetched).toHaveLength(4);
  for (let time = 0; time < 2; time += 1) await read(5, SIZE);
  expect(fetched).toHaveLength(6);
  await read(0, 10);
  expect(fetched).toHaveLength(6);
});

test("memory is used again, whatever else was kept in between", async () => {
  const used = new Set<ArrayBufferLike>();
  const kept = keepLeaves(async (cid, { into } = {}) => {
    if (into !== undefined) used.add(into.buffer);
    into?.set(contents[leaves.findIndex((leaf) => leaf.cid.equals(cid))]!);
    return into ?? new Uint8Array(0);
  }, 3 * SIZE);
  const small = { cid: CID.createV1(raw.code, await sha256.digest(new Uint8Array(5))), sizeBytes: 5 };
  for (let read = 0; read < 200; read += 1) {
    kept.keep(small.cid, new Uint8Array(5));
    await kept.read(leaves[(read * 7) % LEAVES]!, 0, new Uint8Array(10), {});
  }
  expect(used.size).toBeLessThan(10);
});

test("a leaf of another length than its parent says is told by its length, and nothing is copied", async () => {
  const { get } = network(() => 0);
  const kept = keepLeaves(get, 2 * SIZE);
  const into = new Uint8Array(10);
  expect(await kept.read({ ...leaves[3]!, sizeBytes: SIZE + 1 }, 0, into, {})).toBe(SIZE);
  expect(into).toEqual(new Uint8Array(10));
});
