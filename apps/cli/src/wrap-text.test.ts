import fc from "fast-check";
import { expect, test } from "vitest";
import { wrapText } from "./wrap-text.ts";

test("wrapText() breaks between words, and leaves a word that is longer whole", () => {
  expect(wrapText("0 of 4 nodes can run it", 10)).toEqual(["0 of 4", "nodes can", "run it"]);
  expect(wrapText("see bafybeiahgkd7wxdhdbdcmj7ounlu now", 10)).toEqual([
    "see",
    "bafybeiahgkd7wxdhdbdcmj7ounlu",
    "now",
  ]);
});

test("wrapText() loses nothing of any text", () => {
  fc.assert(
    fc.property(fc.string(), fc.integer({ min: 1, max: 40 }), (text, width) => {
      const lines = wrapText(text, width);
      expect(lines.join(" ")).toBe(text);
      for (const line of lines) expect(line.length <= width || !line.includes(" ")).toBe(true);
    }),
  );
});
