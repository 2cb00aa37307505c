import { expect, test } from "vitest";
import { familyUse, residentBytes } from "./process-family.ts";

test("familyUse() counts a process and those below it, and nothing for one that is gone", async () => {
  const own = await familyUse(process.pid);
  expect(own.residentBytes).toBeGreaterThan(1024 ** 2);
  expect(own.proportionalBytes).toBeGreaterThan(1024 ** 2);
  expect(own.proportionalBytes).toBeLessThanOrEqual(own.residentBytes);
  const parents = await familyUse(process.ppid);
  expect(parents.residentBytes).toBeGreaterThan(own.residentBytes / 2);
  expect(await familyUse(2 ** 30)).toEqual({ residentBytes: 0, proportionalBytes: 0, cpuMs: 0 });
  expect(await residentBytes(2 ** 30)).toBe(0);
});

test("familyUse() counts the CPU that a process has used", async () => {
  const before = await familyUse(process.pid);
  const start = process.cpuUsage();
  while (process.cpuUsage(start).user < 100_000);
  const after = await familyUse(process.pid);
  expect(after.cpuMs - before.cpuMs).toBeGreaterThanOrEqual(80);
});
