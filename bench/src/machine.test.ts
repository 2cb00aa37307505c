import { expect, test } from "vitest";
import { residentBytes } from "./machine.ts";

test("residentBytes() counts a process and those below it, and nothing for one that is gone", async () => {
  const own = await residentBytes(process.pid);
  expect(own).toBeGreaterThan(1024 ** 2);
  expect(await residentBytes(process.ppid)).toBeGreaterThan(own / 2);
  expect(await residentBytes(2 ** 30)).toBe(0);
});
