import { assert, array, constantFrom, property, uint8Array } from "fast-check";
import { describe, expect, test } from "vitest";
import { createLineSplitter, MAX_LINE_BYTES } from "./line-splitter.ts";

const text = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes);
const bytesOf = (line: string) => new TextEncoder().encode(line);

describe("createLineSplitter()", () => {
  test("keeps each newline with its line, and hands the rest over when asked", () => {
    const splitter = createLineSplitter();
    expect(splitter.push(bytesOf("one\ntwo\r\n\nthr")).map(text)).toEqual(["one\n", "two\r\n", "\n"]);
    expect(splitter.push(bytesOf("ee\n")).map(text)).toEqual(["three\n"]);
    expect(splitter.rest()).toBeUndefined();
    splitter.push(bytesOf("> "));
    expect(text(splitter.rest())).toBe("> ");
    expect(splitter.rest()).toBeUndefined();
  });

  test("puts a character together that came in two pieces", () => {
    const splitter = createLineSplitter();
    const bytes = bytesOf("a€b\n");
    expect(splitter.push(bytes.slice(0, 2))).toEqual([]);
    expect(splitter.push(bytes.slice(2)).map(text)).toEqual(["a€b\n"]);
  });

  test("cuts a line that is too long between two characters", () => {
    const splitter = createLineSplitter();
    const line = `a${"€".repeat(MAX_LINE_BYTES / 2)}\n`;
    const lines = splitter.push(bytesOf(line)).map(text);
    expect(lines.length).toBe(2);
    expect(lines.join("")).toBe(line);
    expect(lines.every((each) => bytesOf(each).length <= MAX_LINE_BYTES)).toBe(true);
  });

  test("loses, adds and reorders nothing, however the bytes are cut", () => {
    const byte = array(constantFrom(10, 65, 0xe2, 0x82, 0xac), { maxLength: 300 });
    assert(
      property(array(byte, { maxLength: 20 }), uint8Array(), (pieces, tail) => {
        const splitter = createLineSplitter();
        const lines = pieces.flatMap((piece) => [...splitter.push(Uint8Array.from(piece))]);
        lines.push(...splitter.push(tail), splitter.rest() ?? new Uint8Array());
        expect(Buffer.concat(lines)).toEqual(
          Buffer.concat([...pieces.map((piece) => Uint8Array.from(piece)), tail]),
        );
      }),
    );
  });
});
