import type { CallOptions, ReadableVolume } from "@gadus/protocol";
import { patternBytes } from "@gadus/storage/conformance";
import { memoryVolume } from "@gadus/storage/memory";
import fc from "fast-check";
import { expect, test } from "vitest";
import { createReadAhead, MAX_AHEAD_BYTES, type ReadAhead } from "./read-ahead.ts";

const KIB = 1024;
const MIB = 1024 * KIB;
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

interface Read {
  readonly offset: number;
  readonly length: number;
  readonly signal: AbortSignal | undefined;
}

/** One file of {@link patternBytes}, and every read of it. */
function watched(
  sizeBytes: number,
  fail: (offset: number) => Error | undefined = () => undefined,
): { readonly volume: ReadableVolume; readonly reads: readonly Read[] } {
  const reads: Read[] = [];
  const inner = memoryVolume({ "": patternBytes(sizeBytes) });
  const read = async (path: string, offset: number, length: number, { signal }: CallOptions = {}) => {
    reads.push({ offset, length, signal });
    const error = fail(offset);
    if (error !== undefined) throw error;
    return inner.read(path, offset, length);
  };
  return { volume: { ...inner, read }, reads };
}

const readFrom = (ahead: ReadAhead, volume: ReadableVolume, offsetBytes: number, lengthBytes: number) =>
  ahead.read(volume, "", { offsetBytes, lengthBytes }, {});

test("what is read is what the volume holds, whatever the order of reads", async () => {
  const sizeBytes = 300_000;
  const expected = patternBytes(sizeBytes);
  const reads = fc.array(
    fc.record({ jump: fc.option(fc.nat(sizeBytes + 5000), { freq: 4 }), length: fc.nat(40_000) }),
    { maxLength: 30 },
  );
  await fc.assert(
    fc.asyncProperty(reads, async (wanted) => {
      const { volume } = watched(sizeBytes);
      const ahead = createReadAhead();
      let at = 0;
      for (const { jump, length } of wanted) {
        at = jump ?? at;
        const bytes = await readFrom(ahead, volume, at, length);
        expect(Buffer.compare(bytes, expected.subarray(at, at + length))).toBe(0);
        at += bytes.length;
      }
      ahead.close();
    }),
  );
});

test("reads in sequence have what follows read already, each byte once, and no more in hand than the limit", async () => {
  const { volume, reads } = watched(64 * MIB);
  const ahead = createReadAhead();
  for (let at = 0; at < 32 * MIB; at += MIB) {
    const [before, handed] = [reads.length, at + MIB];
    await readFrom(ahead, volume, at, MIB);
    const fetched = reads.reduce((sum, { length }) => sum + length, 0);
    expect(fetched - handed).toBeLessThanOrEqual(MAX_AHEAD_BYTES);
    // The first two of a sequence are read as they are asked for.
    const late = reads.slice(before).filter(({ offset }) => at >= 2 * MIB && offset < handed);
    expect(late).toEqual([]);
  }
  const offsets = reads.map(({ offset }) => offset);
  expect(new Set(offsets).size).toBe(offsets.length);
  expect(reads.reduce((sum, { length }) => sum + length, 0)).toBe(36 * MIB);
});

test("a first read, and reads anywhere, cost what they ask for", async () => {
  const { volume, reads } = watched(MIB);
  const ahead = createReadAhead();
  for (const offset of [0, 500_000, 16, 900_000, 400_000]) await readFrom(ahead, volume, offset, 1000);
  expect(reads.map(({ offset, length }) => [offset, length])).toEqual(
    [0, 500_000, 16, 900_000, 400_000].map((offset) => [offset, 1000]),
  );
});

test("many sequences at once stay within the limit together", async () => {
  const files = Array.from({ length: 20 }, () => watched(16 * MIB));
  const ahead = createReadAhead();
  for (let at = 0; at < 4 * MIB; at += MIB) {
    for (const { volume } of files) await readFrom(ahead, volume, at, MIB);
    const fetched = files.flatMap(({ reads }) => reads).reduce((sum, { length }) => sum + length, 0);
    expect(fetched - files.length * (at + MIB)).toBeLessThanOrEqual(MAX_AHEAD_BYTES);
  }
});

test("a failure ahead of its time is told once what failed is asked for, and not before", async () => {
  const { volume, reads } = watched(MIB, (offset) =>
    offset >= 128 * KIB ? new Error("a bad sector") : undefined,
  );
  const ahead = createReadAhead();
  await readFrom(ahead, volume, 0, 32 * KIB);
  await readFrom(ahead, volume, 32 * KIB, 32 * KIB);
  await settled();
  expect(reads.some(({ offset }) => offset >= 128 * KIB)).toBe(true);
  expect(await readFrom(ahead, volume, 64 * KIB, 64 * KIB)).toHaveLength(64 * KIB);
  await expect(readFrom(ahead, volume, 128 * KIB, 32 * KIB)).rejects.toThrow("a bad sector");
});

test("nothing is read past the end of a file once it was seen", async () => {
  const { volume, reads } = watched(100 * KIB);
  const ahead = createReadAhead();
  for (let at = 0; at < 100 * KIB; at += 10 * KIB) {
    await readFrom(ahead, volume, at, 10 * KIB);
    await settled();
  }
  const past = reads.filter(({ offset }) => offset >= 100 * KIB);
  expect(past.length).toBeLessThanOrEqual(4);
});

test("close() gives up what is read ahead", async () => {
  const { volume, reads } = watched(16 * MIB);
  const ahead = createReadAhead();
  await readFrom(ahead, volume, 0, MIB);
  await readFrom(ahead, volume, MIB, MIB);
  const pieces = reads.filter(({ offset }) => offset >= 2 * MIB);
  expect(pieces.length).toBeGreaterThan(0);
  expect(pieces.some(({ signal }) => signal?.aborted)).toBe(false);
  ahead.close();
  expect(pieces.every(({ signal }) => signal?.aborted)).toBe(true);
});
