import { describe, expect, test } from "vitest";
import { collect, keyValue, seconds, wholeNumber } from "./declare-command.ts";

describe("keyValue()", () => {
  test("collects pairs, and keeps what stands after the first =", () => {
    expect(keyValue("B=c=d", keyValue("A="))).toEqual({ A: "", B: "c=d" });
  });

  test.each(["A", "=b"])("refuses %s", (text) => {
    expect(() => keyValue(text)).toThrow(/KEY=VALUE/);
  });
});

test.each([
  ["90", 90],
  ["90s", 90],
  ["5m", 300],
  ["5min", 300],
  ["2h", 7200],
  ["30d", 2_592_000],
])("seconds() reads %s", (text, expected) => {
  expect(seconds(text)).toBe(expected);
});

test.each(["0", "-1", "1.5", "5w", "soon", "999999h"])("seconds() refuses %s", (text) => {
  expect(() => seconds(text)).toThrow(/Write a time/);
});

test.each(["0", "11", "1.5", "", " 2", "1e1", "x"])("wholeNumber() refuses %j outside 1 to 10", (text) => {
  expect(() => wholeNumber(1, 10)(text)).toThrow(/from 1 to 10/);
});

test("collect() adds to what was given", () => {
  expect(collect("b", collect("a"))).toEqual(["a", "b"]);
});
