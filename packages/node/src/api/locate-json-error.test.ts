import fc from "fast-check";
import { expect, test } from "vitest";
import { locateJsonError } from "./locate-json-error.ts";

test.each([
  ["", 0],
  ["{", 1],
  ['{"a": tru}', 6],
  ['{"a": 1,}', 8],
  ["[1, 2,, 3]", 6],
  ["{a: 1}", 1],
  ['{"a" 1}', 5],
  ["[1 2]", 3],
  ["1 2", 2],
  ["[1}", 2],
  ['"tab\tinside"', 0],
  ["01", 1],
])("locateJsonError(%j) is %d", (text, offset) => {
  expect(locateJsonError(text)).toBe(offset);
});

test("locateJsonError() reads every JSON text to its end", () => {
  fc.assert(
    fc.property(fc.json(), (json) => {
      expect(locateJsonError(json)).toBe(json.length);
    }),
  );
});

test("locateJsonError() points at the first character that can't be there", () => {
  fc.assert(
    fc.property(fc.json(), fc.nat(), (json, anywhere) => {
      const at = anywhere % (json.length + 1);
      const broken = `${json.slice(0, at)}\u0001${json.slice(at)}`;
      expect(locateJsonError(broken)).toBeLessThanOrEqual(at);
      expect(() => JSON.parse(broken) as unknown).toThrow(SyntaxError);
    }),
  );
});
