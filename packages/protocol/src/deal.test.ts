import { describe, expect, test } from "vitest";
import { type CodedError, isCodedError } from "./coded-error.ts";
import { type JobDefaults, type ParsedJob, parseJobDocument } from "./job-document.ts";

const NOOP = { Type: "noop" };

describe("Deal", () => {
  const wrong: readonly (readonly [string, object])[] = [
    ["Deal.Concurrency", { Concurrency: 0 }],
    ["Deal.Concurrency", { Concurrency: -1 }],
    ["Deal.Concurrency", { Concurrency: 101 }],
    ["Deal.Concurrency", { Concurrency: 1.5 }],
    ["Deal.Concurrency", { Concurrency: "3" }],
    ["Deal.MinBids", { Concurrency: 3, MinBids: 2 }],
    ["Deal.MinBids", { MinBids: 1001 }],
    ["Deal.MinBids", { MinBids: 0 }],
    ["Deal.Confidence", { Concurrency: 3, Confidence: 4 }],
    ["Deal.Confidence", { Confidence: 2 }],
    ["Deal.Confidence", { Concurrency: 3, Confidence: 0 }],
    ["Deal.Selection", { Selection: "" }],
    ["Deal.Selection", { Selection: "x".repeat(65) }],
  ];
  test.each(wrong)("is refused by the name of %s in %o", (field, deal) => {
    const error = errorOf(() => parse({ Deal: deal }));
    expect(error.field).toBe(field);
    expect(error.message).toContain(`Cannot take ${field}`);
  });

  test.each([
    [
      { Concurrency: 5, Confidence: 3 },
      { concurrency: 5, minBids: 5, confidence: 3, selection: "reputation" },
    ],
    [
      { Concurrency: 3, MinBids: 9, Confidence: 3 },
      { concurrency: 3, minBids: 9, confidence: 3, selection: "reputation" },
    ],
    [{ MinBids: 4 }, { concurrency: 1, minBids: 4, selection: "reputation" }],
    [{}, { concurrency: 1, minBids: 1, selection: "reputation" }],
    [{ Selection: "Random" }, { concurrency: 1, minBids: 1, selection: "random" }],
  ])("%o becomes %o", (wish, deal) => {
    expect(parse({ Deal: wish }).spec.deal).toEqual(deal);
  });

  const meta = {
    "gadus/concurrency": "3",
    "gadus/min-bids": "6",
    "gadus/confidence": "2",
    "gadus/selection": "Ranked",
  };
  test("comes from Meta where the document has none", () => {
    expect(parse({ Meta: meta }).spec.deal).toEqual({
      concurrency: 3,
      minBids: 6,
      confidence: 2,
      selection: "ranked",
    });
  });

  test("wins over Meta field by field, and both over the node's defaults", () => {
    const defaults = {
      concurrency: 4,
      minBids: 8,
      confidence: 4,
      selection: "random",
      verifier: "none",
      publisher: "local",
    };
    expect(parse({ Meta: meta, Deal: { Concurrency: 5 } }, {}, defaults).spec.deal).toEqual({
      concurrency: 5,
      minBids: 6,
      confidence: 2,
      selection: "ranked",
    });
    const { spec } = parse({}, {}, defaults);
    expect(spec.deal).toEqual({ concurrency: 4, minBids: 8, confidence: 4, selection: "random" });
    expect([spec.verifier.type, spec.task.publisher.type]).toEqual(["none", "local"]);
    const said = parse(
      { Meta: { "gadus/verifier": "None" } },
      { Publisher: { Type: "IPFS" } },
      defaults,
    ).spec;
    expect([said.verifier.type, said.task.publisher.type]).toEqual(["none", "ipfs"]);
    const both = { Meta: { "gadus/verifier": "none" }, Verifier: { Type: "deterministic" } };
    expect(parse(both, {}, defaults).spec.verifier.type).toBe("deterministic");
  });

  test("is never made illegal by a default that the submitter can't see", () => {
    const defaults = { concurrency: 5, minBids: 5, confidence: 4 };
    expect(parse({ Deal: { Concurrency: 1 } }, {}, defaults).spec.deal).toEqual({
      concurrency: 1,
      minBids: 5,
      confidence: 1,
      selection: "reputation",
    });
    expect(parse({ Deal: { Concurrency: 9 } }, {}, defaults).spec.deal).toEqual({
      concurrency: 9,
      minBids: 9,
      confidence: 4,
      selection: "reputation",
    });
  });

  test("refuses a number in Meta that is beyond all range", () => {
    const error = errorOf(() => parse({ Meta: { "gadus/concurrency": "9".repeat(400) } }));
    expect(error.field).toBe("Deal.Concurrency");
  });
});

function parse(job: object = {}, task: object = {}, defaults: JobDefaults = {}): ParsedJob {
  const Tasks = [{ Engine: NOOP, ...task }];
  return parseJobDocument({ Tasks, ...job }, defaults);
}

function errorOf(action: () => unknown): CodedError {
  try {
    action();
  } catch (error) {
    if (isCodedError(error)) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}
