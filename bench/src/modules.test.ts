import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { readRealModule, TINY_MODULE } from "./modules.ts";

const MAGIC = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];

test("the tiny module is WebAssembly of exactly 64 bytes", () => {
  expect(TINY_MODULE).toHaveLength(64);
  expect(Array.from(TINY_MODULE.subarray(0, 8))).toEqual(MAGIC);
});

test("the real module is WebAssembly of about 80 KB, with its source beside it", async () => {
  const module = await readRealModule();
  expect(Array.from(module.subarray(0, 8))).toEqual(MAGIC);
  expect(module.length).toBeGreaterThan(70_000);
  expect(module.length).toBeLessThan(90_000);
  expect(await readFile(new URL("../modules/matching-words.c", import.meta.url), "utf8")).toContain(
    "int main",
  );
});
