import { describe, expect, test } from "vitest";
import { atLeastHits, atLeastMarked } from "./hypergeometric.ts";

describe("atLeastMarked()", () => {
  test("atLeastMarked() counts the hands that hold enough liars", () => {
    // 4 liars of 12, 3 drawn: (6 · 8 + 4) of 220 hands hold two or more.
    expect(atLeastMarked({ population: 12, marked: 4, draws: 3 }, 2)).toBeCloseTo(52 / 220, 12);
    expect(atLeastMarked({ population: 8, marked: 2, draws: 1 }, 1)).toBeCloseTo(0.25, 12);
    expect(atLeastMarked({ population: 5, marked: 1, draws: 3 }, 2)).toBe(0);
  });
});

describe("atLeastHits()", () => {
  test("atLeastHits() is the binomial tail", () => {
    expect(atLeastHits(3, 0.5, 2)).toBeCloseTo(0.5, 12);
    expect(atLeastHits(10, 0.1, 1)).toBeCloseTo(1 - 0.9 ** 10, 12);
    expect(atLeastHits(10, 0.1, 0)).toBe(1);
  });

  test("atLeastHits() stays a number where terms are tiny", () => {
    expect(atLeastHits(10_000, 0.2, 2_300)).toBeLessThan(1e-9);
    expect(atLeastHits(10_000, 0.2, 2_000)).toBeGreaterThan(0.4);
  });
});
