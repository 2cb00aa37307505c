import { expect, test } from "vitest";
import { differences, mutationCorpus, remainsInTier, TIERS } from "./test-fuzz.ts";
import { endingOf, mutant } from "./test-mutate.ts";

test("generated modules leave the same, as they are and rewritten", () => {
  expect(differences(0, 200)).toEqual([]);
});

test("rewritten modules leave the same bytes, NaNs included, and use the same fuel in every tier", () => {
  const [one, ...others] = TIERS.map((flags) => remainsInTier(flags, 0, 60));
  expect(one?.trim().split("\n").length).toBe(60);
  for (const other of others) expect(other).toBe(one);
});

test("mutated binaries are refused, or rewritten to valid modules", () => {
  const corpus = mutationCorpus();
  const endings = Array.from({ length: 1500 }, (_, seed) => endingOf(mutant(corpus, seed)));
  expect(new Set(endings)).toEqual(new Set(["refused", "invalid", "rewritten"]));
});
