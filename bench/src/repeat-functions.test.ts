import { expect, test } from "vitest";
import { readRealModule } from "./modules.ts";
import { markModule, repeatFunctions } from "./repeat-functions.ts";
import { runBare } from "./run-bare.ts";

const WORDS = ["^a", "axe=3", "bat=2", "arm=1"];

test("repeatFunctions() makes a larger module that does the same", async () => {
  const module = await readRealModule();
  const larger = repeatFunctions(module, 14);
  expect(larger.length).toBeGreaterThan(900_000);
  expect(larger.length).toBeLessThan(14 * module.length);
  expect(runBare(larger, WORDS)).toBe(runBare(module, WORDS));
});

test("markModule() makes other bytes of a module that do the same", async () => {
  const module = await readRealModule();
  const marked = [markModule(module, "one"), markModule(module, "two")] as const;
  expect(marked[0]).not.toEqual(marked[1]);
  expect(runBare(marked[0], WORDS)).toBe(runBare(module, WORDS));
});
