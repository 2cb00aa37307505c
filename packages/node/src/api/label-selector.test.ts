import { expect, test } from "vitest";
import { parseSelectors } from "./label-selector.ts";

test.each([
  ["k=v", { Key: "k", Operator: "in", Values: ["v"] }],
  ["k == v", { Key: "k", Operator: "in", Values: ["v"] }],
  ["k=", { Key: "k", Operator: "in", Values: [""] }],
  ["k!=v", { Key: "k", Operator: "notin", Values: ["v"] }],
  ["k in (a, b)", { Key: "k", Operator: "in", Values: ["a", "b"] }],
  ["k notin(a,b)", { Key: "k", Operator: "notin", Values: ["a", "b"] }],
  ["a.b/c-d_e", { Key: "a.b/c-d_e", Operator: "exists" }],
  ["!k", { Key: "k", Operator: "!" }],
])("parseSelectors() reads %s", (text, condition) => {
  expect(parseSelectors([text])).toEqual([condition]);
});

test("parseSelectors() takes conditions joined by commas, several selectors, and none", () => {
  const keys = parseSelectors(["a in (x,y), !b ,c=d", "e"]).map(({ Key }) => Key);
  expect(keys).toEqual(["a", "b", "c", "e"]);
  expect(parseSelectors([])).toEqual([]);
  expect(parseSelectors([" "])).toEqual([]);
});

test.each(["=v", "k=v=w", "k in a", "k in (a", "a b", "!", "k > 1", "!k=v"])(
  "parseSelectors() refuses %j, and says how to write one",
  (text) => {
    expect(() => parseSelectors([text])).toThrow(
      expect.objectContaining({ code: "node/invalid-request", field: "labels" }),
    );
  },
);
