import { expect, test } from "vitest";
import { formatSize } from "./format-size.ts";
import { apiTimeMs, relativeTime } from "./relative-time.ts";

const NOW_MS = Date.UTC(2026, 0, 2);

test.each([
  [NOW_MS - 500, "now"],
  [NOW_MS + 5000, "now"],
  [NOW_MS - 59_999, "59 s ago"],
  [NOW_MS - 60_000, "1 min ago"],
  [NOW_MS - 3 * 3_600_000, "3 h ago"],
  [NOW_MS - 50 * 3_600_000, "2 d ago"],
  [undefined, "-"],
  [0, "-"],
  [Number.NaN, "-"],
])("relativeTime() of %s is %s", (atMs, expected) => {
  expect(relativeTime(atMs, NOW_MS)).toBe(expected);
});

test("apiTimeMs() reads nanoseconds and ISO dates", () => {
  expect(apiTimeMs(NOW_MS * 1e6)).toBe(NOW_MS);
  expect(apiTimeMs("2026-01-02T00:00:00Z")).toBe(NOW_MS);
  expect(apiTimeMs(undefined)).toBeUndefined();
});

test.each([
  [0, "0 B"],
  [1023, "1023 B"],
  [1536, "1.5 KiB"],
  [20 * 1024 ** 3, "20 GiB"],
])("formatSize() of %i is %s", (bytes, expected) => {
  expect(formatSize(bytes)).toBe(expected);
});
