import { describe, expect, test } from "vitest";
import { encodeValue } from "./cbor.ts";

describe("encodeValue()", () => {
  test("keeps a property named __proto__ as data", () => {
    const value = JSON.parse('{"__proto__": {"admin": true}, "a": 1}') as Record<string, unknown>;
    expect(encodeValue(value)).not.toEqual(encodeValue({ a: 1 }));
  });

  test("takes an object that looks like a link for the data that it is", () => {
    const value = { "/": "x", bytes: "x" };
    expect(encodeValue(value)).toEqual(encodeValue({ bytes: "x", "/": "x" }));
    expect(encodeValue(value)[0]).toBe(0xa2);
  });

  test("throws a protocol error for what the format doesn't have", () => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, () => 1, Symbol("s")]) {
      expect(() => encodeValue({ value })).toThrow(/^Cannot write a message: /);
    }
  });
});
