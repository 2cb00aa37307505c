import { expect, test } from "vitest";
import { simulate } from "./world.ts";

/** Bugs that the simulator found, each with a seed that fails without what mended it. */
const REGRESSIONS = [
  ["a requester that was killed syncs what it wrote before it promises on it", 24],
  ["a compute node that was killed syncs what it wrote before it promises on it", 24],
  ["a publication is confirmed once a power loss can't take that back", 2],
] as const;

test.each(REGRESSIONS)("%s: seed %i", async (_, seed) => {
  const { violations } = await simulate(seed);
  expect(violations).toEqual([]);
});
