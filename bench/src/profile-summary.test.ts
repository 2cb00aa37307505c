import { expect, test } from "vitest";
import { topFunctions } from "./profile-summary.ts";

function node(id: number, functionName: string, url = "", lineNumber = 0) {
  return { id, callFrame: { functionName, url, lineNumber } };
}

test("topFunctions() shares the time that wasn't idle among functions, the longest first", () => {
  const profile = {
    nodes: [
      node(1, "(idle)"),
      node(2, "parse", "file:///a/b/codec.js", 39),
      node(3, ""),
      node(4, "parse", "file:///a/b/codec.js", 39),
    ],
    samples: [1, 2, 3, 4],
    timeDeltas: [1000, 40, 20, 20],
  };
  expect(topFunctions(profile)).toEqual(["  75.0 %  parse (b/codec.js:40)", "  25.0 %  (anonymous)"]);
});
