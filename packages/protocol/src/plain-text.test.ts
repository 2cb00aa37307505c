import fc from "fast-check";
import { expect, test } from "vitest";
import { plainText } from "./plain-text.ts";

test("plainText() puts what terminals obey out of a text, and keeps the rest on one line", () => {
  expect(plainText("Pulling\r\n\u001b[31mlayer 2/5\u202e\u2028 64 %  ", 100)).toBe(
    "Pulling [31mlayer 2/5 64 %",
  );
  expect(plainText("größer: 3 MiB", 100)).toBe("größer: 3 MiB");
});

test("plainText() cuts what is too long, and never through a character", () => {
  expect(plainText("a".repeat(11), 10)).toBe(`${"a".repeat(9)}…`);
  fc.assert(
    fc.property(
      fc.string({ unit: "binary", maxLength: 100 }),
      fc.integer({ min: 1, max: 20 }),
      (text, max) => {
        const plain = plainText(text, max);
        expect(plain.length).toBeLessThanOrEqual(max);
        expect(plain.isWellFormed()).toBe(true);
        expect(plain).not.toMatch(/[\p{Cc}\p{Cf}]/u);
      },
    ),
  );
});
