import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checkFindings, checkLoad, checkRules, type Support } from "./bid.ts";
import { makeOptions } from "./options.ts";
import { RESOURCE_NAMES } from "./resources.ts";
import { CAPACITY, makeTerms } from "./test-requester.ts";

const SUPPORT: Support = {
  engines: new Map([["noop", ["noop/0"]]]),
  unavailable: new Map([["docker", "no engine answers"]]),
  storage: new Set(["memory"]),
  verifiers: new Set(["deterministic"]),
  publishers: new Set(["memory"]),
};
const OPTIONS = makeOptions({
  capacity: CAPACITY,
  maxExecution: { ...CAPACITY, cpuMillis: 1500 },
  maxExecutionTimeoutMs: 60_000,
  queueLimit: 7,
  maxLive: 9,
  reservationsPerRequester: 3,
  maxTermsBytes: 2000,
});
const LOAD = { hasRoom: true, waiting: 0, live: 0, offeredToRequester: 0 };
const YES = { admitted: true as const };
const INPUT = { source: { type: "memory", params: { name: "sample" } } };

describe("checkRules()", () => {
  test("has nothing against what the node takes", () => {
    expect(checkRules(makeTerms({ inputs: [INPUT] }), SUPPORT, OPTIONS)).toBeUndefined();
  });

  test.each([
    ["an unknown engine", { engine: "wasm" }, "compute/unsupported-engine", 'engine "wasm"; it takes noop'],
    ["an engine that is down", { engine: "docker" }, "compute/unsupported-engine", "no engine answers"],
    ["another profile", { profile: "noop/9" }, "compute/unsupported-profile", "it takes noop/0"],
    ["another verifier", { verifier: "webhook" }, "compute/unsupported-verifier", "it takes deterministic"],
    ["another publisher", { publisher: "s3" }, "compute/unsupported-publisher", "it takes memory"],
    [
      "an input of another kind",
      { inputs: [INPUT, { source: { type: "http", params: {} } }] },
      "compute/unsupported-source",
      'input of type "http"; it takes memory',
    ],
    ["a service", { jobType: "service" }, "compute/unsupported-job-type", "it takes batch, ops"],
    [
      "a network",
      { network: { type: "full" as const, domains: [] } },
      "compute/network-not-allowed",
      'network "full"; it takes none',
    ],
    ["a long run", { executionTimeoutMs: 60_001 }, "compute/too-long", "60001 ms is more than 60000 ms"],
    [
      "more than one execution may have",
      { resources: { ...CAPACITY, cpuMillis: 1501 } },
      "compute/too-large",
      "1501 thousandths of a core are more than 1500",
    ],
    [
      "more fuel than a node gives",
      { fuel: 100_000_000_000_001 },
      "compute/too-large",
      "of fuel, more than 1000000",
    ],
    ["very long terms", { jobId: "j".repeat(2001) }, "compute/invalid-ask", "more than 2000"],
  ])("declines %s, and names the limit", (_, change, code, words) => {
    const decline = checkRules(makeTerms(change), SUPPORT, OPTIONS);
    expect(decline).toMatchObject({ code, reason: expect.stringContaining(words) });
  });

  test("declines exactly what exceeds a limit in any resource", () => {
    const amount = fc.integer({ min: 0, max: 3 });
    const resources = fc.record({ cpuMillis: amount, memoryBytes: amount, diskBytes: amount, gpus: amount });
    fc.assert(
      fc.property(resources, resources, resources, (wanted, maxExecution, capacity) => {
        const options = makeOptions({ capacity, maxExecution });
        const decline = checkRules(makeTerms({ resources: wanted }), SUPPORT, options);
        const fits = RESOURCE_NAMES.every(
          (name) => wanted[name] <= maxExecution[name] && wanted[name] <= capacity[name],
        );
        expect(decline === undefined).toBe(fits);
      }),
    );
  });
});

describe("checkFindings()", () => {
  test("has nothing against inputs of the size that they should have, or of an unknown one", () => {
    const terms = makeTerms({
      inputs: [
        { ...INPUT, sizeBytes: 5 },
        { ...INPUT, sizeBytes: 5 },
      ],
    });
    const inputs = [{ available: true as const, sizeBytes: 5 }, { available: true as const }];
    expect(checkFindings(terms, { admission: YES, inputs })).toBeUndefined();
  });

  test("declines with the engine's own words", () => {
    const admission = { admitted: false as const, reason: "no GPU" };
    expect(checkFindings(makeTerms(), { admission, inputs: [] })).toMatchObject({
      code: "compute/not-admitted",
      reason: expect.stringContaining("no GPU"),
    });
  });

  test("declines an input that isn't there, or isn't as long", () => {
    const terms = makeTerms({ inputs: [INPUT, { ...INPUT, sizeBytes: 5 }] });
    const here = { available: true as const, sizeBytes: 6 };
    const gone = { available: false as const, reason: "no such folder" };
    expect(checkFindings(terms, { admission: YES, inputs: [gone, here] })?.reason).toContain(
      "InputSources[0]: no such",
    );
    expect(checkFindings(terms, { admission: YES, inputs: [here, here] })?.reason).toContain(
      "6 bytes and not 5",
    );
  });
});

describe("checkLoad()", () => {
  test("has nothing against one more where there is room", () => {
    expect(checkLoad({ ...LOAD, live: 8, offeredToRequester: 2 }, OPTIONS)).toBeUndefined();
  });

  test.each([
    ["too many live ones", { live: 9 }, "compute/overloaded", "takes 9"],
    [
      "too many bids to one requester",
      { offeredToRequester: 3 },
      "compute/too-many-reservations",
      "3 for one",
    ],
    ["a full queue", { hasRoom: false, waiting: 7 }, "compute/queue-full", "its queue takes 7"],
  ])("declines for %s", (_, change, code, words) => {
    const decline = checkLoad({ ...LOAD, ...change }, OPTIONS);
    expect(decline).toMatchObject({ code, reason: expect.stringContaining(words) });
  });
});
