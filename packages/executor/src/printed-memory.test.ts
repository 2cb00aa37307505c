import type { OutputName } from "@gadus/protocol";
import fc from "fast-check";
import { expect, test } from "vitest";
import { readParts, writeParts } from "./print-parts.ts";
import { type PrintedPart, PrintedReader, PrintedWriter } from "./printed-memory.ts";

const EVERYTHING = [Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER] as const;
const part = fc.record({
  stream: fc.constantFrom<OutputName>("stdout", "stderr"),
  bytes: fc.uint8Array({ maxLength: 20 }),
});
const step = fc.oneof(
  part.map((write) => ({ write })),
  fc.record({ maxBytes: fc.integer({ min: 1, max: 30 }), maxParts: fc.integer({ min: 1, max: 4 }) }),
);

/** Parts without regard to where one ends and the next of its stream begins. */
function joined(parts: readonly PrintedPart[]): string {
  return parts.flatMap(({ stream, bytes }) => Array.from(bytes, (byte) => `${stream} ${byte}`)).join();
}

test("what is written is read once and in order, however it is taken", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const writer = new PrintedWriter(4096);
      const reader = new PrintedReader(writer.memory);
      const written: PrintedPart[] = [];
      const read: PrintedPart[] = [];
      let isWithin = true;
      for (const each of steps) {
        if ("write" in each) {
          writer.write(each.write.stream, each.write.bytes);
          written.push(each.write);
        } else {
          const taken = reader.take(each.maxBytes, each.maxParts);
          const takenBytes = taken.reduce((sum, { bytes }) => sum + bytes.length, 0);
          isWithin &&= taken.length <= each.maxParts && takenBytes <= each.maxBytes;
          read.push(...readParts(writeParts(taken)));
        }
      }
      read.push(...reader.take(...EVERYTHING));
      expect(isWithin).toBe(true);
      expect(joined(read)).toBe(joined(written));
    }),
  );
});

test("a reader is told once of what there is, until it asks to be told again", () => {
  const writer = new PrintedWriter(1024);
  const reader = new PrintedReader(writer.memory);
  const byte = Uint8Array.of(1);
  expect([writer.write("stdout", byte), writer.write("stderr", byte)]).toEqual([true, false]);
  reader.expect();
  expect(reader.take(...EVERYTHING)).toHaveLength(2);
  expect(writer.write("stderr", new Uint8Array(0))).toBe(false);
  expect(writer.write("stderr", byte)).toBe(true);
});

test("what doesn't fit is left out with all that follows, so that what was read is a beginning", () => {
  const writer = new PrintedWriter(8);
  const reader = new PrintedReader(writer.memory);
  writer.write("stdout", Uint8Array.of(1, 2, 3));
  writer.write("stderr", new Uint8Array(100));
  writer.write("stdout", Uint8Array.of(4));
  expect(joined(reader.take(...EVERYTHING))).toBe("stdout 1,stdout 2,stdout 3");
});
