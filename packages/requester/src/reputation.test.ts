import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { observationsOf } from "./observations.ts";
import {
  bandOf,
  decay,
  type Observation,
  observe,
  type Outcome,
  OUTCOMES,
  outcomeOf,
  type Reputation,
  scoreOf,
} from "./reputation.ts";
import { someExecution, someJob } from "./test-records.ts";

const HALF_LIFE_MS = 86_400_000;

function seen(outcomes: readonly Outcome[], atMs = 0): Reputation {
  const observations = outcomes.map(
    (outcome): Observation => ({ nodeId: "a", outcome, atMs, halfLifeMs: HALF_LIFE_MS }),
  );
  const nobody: Reputation = { nodeId: "a", observedAtMs: atMs, verified: 0, refuted: 0, failed: 0, late: 0 };
  return observations.reduce(observe, nobody);
}

describe("observe()", () => {
  test("counts what happened, and what is a half-life old half", () => {
    const first = observe(undefined, { nodeId: "a", outcome: "verified", atMs: 0, halfLifeMs: HALF_LIFE_MS });
    const second = observe(first, {
      nodeId: "a",
      outcome: "late",
      atMs: HALF_LIFE_MS,
      halfLifeMs: HALF_LIFE_MS,
    });
    expect(second).toEqual({
      nodeId: "a",
      observedAtMs: HALF_LIFE_MS,
      verified: 0.5,
      refuted: 0,
      failed: 0,
      late: 1,
    });
  });

  test("gives the same for the same events in any order of those of one time, and never less than nothing", () => {
    const outcomes = fc.array(fc.constantFrom(...OUTCOMES), { maxLength: 30 });
    fc.assert(
      fc.property(outcomes, fc.nat(10 * HALF_LIFE_MS), (given, laterMs) => {
        const total = OUTCOMES.reduce((sum, outcome) => sum + seen(given)[outcome], 0);
        expect(total).toBe(given.length);
        expect(seen(given.toReversed())).toEqual(seen(given));
        const faded = decay(seen(given), laterMs, HALF_LIFE_MS);
        for (const outcome of OUTCOMES) {
          expect(faded[outcome]).toBeGreaterThanOrEqual(0);
          expect(faded[outcome]).toBeLessThanOrEqual(seen(given)[outcome]);
        }
      }),
    );
  });

  test("is not fooled by a clock that goes back", () => {
    const before = seen(["refuted"], 1_000_000);
    expect(observe(before, { nodeId: "a", outcome: "late", atMs: 0, halfLifeMs: 1 })).toEqual({
      ...before,
      late: 1,
    });
  });
});

describe("bandOf()", () => {
  test.each<readonly [readonly Outcome[], string]>([
    [[], "neutral"],
    [["verified"], "good"],
    [["late"], "poor"],
    [["failed"], "poor"],
    [["verified", "late"], "neutral"],
    [["verified", "verified", "verified", "failed"], "good"],
    [["refuted"], "refuted"],
  ])("calls a node with %j %s", (outcomes, band) => {
    expect(bandOf(seen(outcomes))).toBe(band);
  });

  test("calls a node that was refuted lately so, however much of it was verified", () => {
    expect(bandOf(seen([...Array.from({ length: 1_000 }, () => "verified" as const), "refuted"]))).toBe(
      "refuted",
    );
  });

  test("lets a refutation fade, and a good name too", () => {
    expect(bandOf(decay(seen(["refuted"]), 3 * HALF_LIFE_MS, HALF_LIFE_MS))).not.toBe("refuted");
    expect(bandOf(decay(seen(["verified"]), 3 * HALF_LIFE_MS, HALF_LIFE_MS))).toBe("neutral");
  });

  test("gives a score that every good end raises and every bad one lowers", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...OUTCOMES), { maxLength: 30 }), (outcomes) => {
        const score = scoreOf(seen(outcomes));
        expect(scoreOf(seen([...outcomes, "verified"]))).toBeGreaterThan(score);
        for (const bad of ["refuted", "failed", "late"] as const) {
          expect(scoreOf(seen([...outcomes, bad]))).toBeLessThan(score);
        }
      }),
    );
  });
});

describe("outcomeOf()", () => {
  const failure = (code: string, blame: "node" | "job" | "nobody") => ({ code, message: "", blame });
  const running = someExecution("a", "running");

  test.each([
    ["a verified result", someExecution("a", "verified"), "verified"],
    ["a refuted result", someExecution("a", "refuted"), "refuted"],
    [
      "what the node is to blame for",
      someExecution("a", "failed", { failure: failure("x/y", "node") }),
      "failed",
    ],
    [
      "a time that was missed, whoever is to blame",
      someExecution("a", "failed", { failure: failure("requester/timed-out", "nobody") }),
      "late",
    ],
    [
      "a node that was gone too long",
      someExecution("a", "failed", { failure: failure("requester/node-lost", "nobody") }),
      "late",
    ],
    [
      "an ask that wasn't answered",
      someExecution("a", "failed", { failure: failure("requester/no-answer", "nobody") }),
      "late",
    ],
    [
      "what the job is to blame for",
      someExecution("a", "failed", { failure: failure("executor/invalid-module", "job") }),
      undefined,
    ],
    [
      "what nobody is to blame for",
      someExecution("a", "failed", { failure: failure("requester/lost-execution", "nobody") }),
      undefined,
    ],
    ["a rejected bid", someExecution("a", "rejected"), undefined],
    ["a declined ask", someExecution("a", "declined"), undefined],
    ["what was cancelled", someExecution("a", "cancelled"), undefined],
  ])("tells of %s", (_, after, outcome) => {
    expect(outcomeOf(running, after)).toBe(outcome);
    expect(outcomeOf(after, after)).toBeUndefined();
  });

  test("tells of a publication that was found bad by the node's fault, once", () => {
    const published = someExecution("a", "published");
    const bad = { ...published, retrievable: false, failure: failure("requester/no-publication", "node") };
    expect(outcomeOf(published, bad)).toBe("failed");
    expect(outcomeOf(bad, bad)).toBeUndefined();
    expect(outcomeOf(published, { ...published, retrievable: true })).toBeUndefined();
  });
});

test("observationsOf() tells of what a step changes, and nothing of what was so before", () => {
  const before = {
    job: someJob(),
    partitions: [],
    executions: [someExecution("a", "proposed"), someExecution("b", "verified")],
  };
  const writes = [someExecution("a", "verified"), someExecution("b", "verified", { deadlineMs: 5 })].map(
    (execution) => ({ kind: "execution" as const, execution }),
  );
  expect(observationsOf(before, writes, { nowMs: 7, reputationHalfLifeMs: 9 })).toEqual([
    { kind: "observation", observation: { nodeId: "a", outcome: "verified", atMs: 7, halfLifeMs: 9 } },
  ]);
});
