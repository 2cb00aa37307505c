import fc from "fast-check";
import { expect, test } from "vitest";
import { InputBlocks, MAX_BLOCK_BYTES, MAX_KEPT_BYTES } from "./input-blocks.ts";
import { InputContent } from "./input-content.ts";

const KIB = 1024;
const MIB = 1024 * KIB;

interface Asked {
  readonly path: string;
  readonly offset: number;
  readonly length: number;
}

/** Files of `sizeBytes` in which every offset shows, and all that is asked of them. */
function inputs(sizeBytes: number): {
  readonly blocks: InputBlocks;
  readonly asked: readonly Asked[];
  readonly file: (path: string) => InputContent;
} {
  const asked: Asked[] = [];
  const blocks = new InputBlocks((question) => {
    if (question.kind !== "read") return { kind: "failed" };
    const { path, offsetBytes: offset, lengthBytes: length } = question;
    asked.push({ path, offset, length });
    return { kind: "read", bytes: bytesAt(offset, length) };
  });
  return { blocks, asked, file: (path) => new InputContent(blocks, 0, path, sizeBytes) };
}

function bytesAt(offset: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += 1) bytes[at] = (offset + at) * 7 + ((offset + at) >>> 8) * 13;
  return bytes;
}

function check(file: InputContent, offset: number, length: number): void {
  const target = new Uint8Array(length);
  const got = file.read(offset, target);
  expect(got).toBe(Math.max(0, Math.min(length, file.sizeBytes - offset)));
  expect(Buffer.compare(target.subarray(0, got), bytesAt(offset, got))).toBe(0);
}

const bytesOf = (asked: readonly Asked[]): number => asked.reduce((sum, { length }) => sum + length, 0);

test("any part of a file is what the input holds there, and what is asked and kept stays within its limits", () => {
  const sizeBytes = 2_700_001;
  const reads = fc.array(
    fc.record({ path: fc.constantFrom("a", "b"), at: fc.nat(sizeBytes + 20_000), length: fc.nat(300_000) }),
    { maxLength: 30 },
  );
  fc.assert(
    fc.property(reads, (wanted) => {
      const { blocks, asked, file } = inputs(sizeBytes);
      const files = new Map(["a", "b"].map((path) => [path, file(path)]));
      for (const { path, at, length } of wanted) {
        const content = files.get(path);
        if (content !== undefined) check(content, at, length);
        expect(blocks.keptBytes).toBeLessThanOrEqual(MAX_KEPT_BYTES);
      }
      for (const { offset, length } of asked) {
        expect(length).toBeLessThanOrEqual(MAX_BLOCK_BYTES);
        expect(offset + length).toBeLessThanOrEqual(sizeBytes);
      }
    }),
    { numRuns: 30 },
  );
});

test("a file that is read in sequence is asked for in blocks that double, each byte once", () => {
  const { asked, file } = inputs(8 * MIB);
  const content = file("a");
  for (let at = 0; at < 8 * MIB; at += KIB) check(content, at, KIB);
  expect(asked.map(({ length }) => length / KIB)).toEqual([
    16,
    16,
    32,
    64,
    128,
    256,
    512,
    ...Array(7).fill(1024),
  ]);
  expect(bytesOf(asked)).toBe(8 * MIB);
});

test("reads anywhere ask for little more than they want", () => {
  const { asked, file } = inputs(10 * 1024 * MIB);
  const content = file("a");
  for (let read = 0; read < 200; read += 1)
    check(content, (read * 982_451_653 * 7) % (10 * 1024 * MIB), 4 * KIB);
  expect(asked).toHaveLength(200);
  expect(Math.max(...asked.map(({ length }) => length))).toBeLessThanOrEqual(32 * KIB);
});

test("two sequences through one file, and reads anywhere between them, ask for each byte of theirs once", () => {
  const { asked, file } = inputs(64 * MIB);
  const content = file("a");
  for (let at = 0; at < 8 * MIB; at += 8 * KIB) {
    check(content, at, 8 * KIB);
    check(content, 32 * MIB + at, 8 * KIB);
    if (at % (128 * KIB) === 0) check(content, 56 * MIB + ((at * 31) % (7 * MIB)), KIB);
  }
  for (const from of [0, 32 * MIB]) {
    const sequence = asked.filter(({ offset }) => offset >= from && offset < from + 10 * MIB);
    expect(bytesOf(sequence)).toBe(8 * MIB);
    expect(sequence.length).toBeLessThan(24);
  }
});

test.each([3, 16, 60])("%i files that are read in turn are asked for each byte once", (count) => {
  const { blocks, asked, file } = inputs(MIB);
  const files = Array.from({ length: count }, (_, index) => file(String(index)));
  for (let at = 0; at < MIB; at += 4 * KIB) {
    for (const content of files) check(content, at, 4 * KIB);
    expect(blocks.keptBytes).toBeLessThanOrEqual(MAX_KEPT_BYTES);
  }
  expect(bytesOf(asked)).toBe(count * MIB);
});

test("a file is read in large blocks again once others are left alone", () => {
  const { asked, file } = inputs(16 * MIB);
  const others = Array.from({ length: 60 }, (_, index) => file(String(index)));
  for (let at = 0; at < 256 * KIB; at += 4 * KIB) for (const content of others) check(content, at, 4 * KIB);
  const content = file("alone");
  for (let at = 0; at < 16 * MIB; at += 64 * KIB) check(content, at, 64 * KIB);
  expect(asked.at(-1)?.length).toBe(MIB);
});
