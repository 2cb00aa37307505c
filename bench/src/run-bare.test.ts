import { expect, test } from "vitest";
import { readRealModule, TINY_MODULE } from "./modules.ts";
import { runBare } from "./run-bare.ts";

test("runBare() answers what a command prints", async () => {
  expect(runBare(TINY_MODULE)).toBe("");
  expect(runBare(await readRealModule(), ["^a", "axe=3", "bat=2"])).not.toBe("");
});

test("runBare() throws where a module has no entry point, and where it exits with another code than 0", async () => {
  const nameless = Buffer.from(TINY_MODULE);
  nameless.write("_begin", nameless.indexOf("_start"));
  expect(() => runBare(nameless)).toThrow("it has no entry point");
  const module = await readRealModule();
  expect(() => runBare(module, ["(", "word"])).toThrow(/it exited with [1-9]/);
});
