import { allHasEnded, type ApiExecution, type ApiJob, hasEnded, stateOf } from "@gadus/client";
import { describe, expect, test } from "vitest";
import { makeProgressCounter } from "./job-progress.ts";
import { progressBlock, progressLine } from "./render-progress.ts";

function execution(ID: string, State: string, StateType = 0): ApiExecution {
  return { ID, NodeID: "n", JobID: "j", ComputeState: { StateType, Details: { State } } } as ApiExecution;
}

describe("makeProgressCounter()", () => {
  test("counts each execution at every stage that it has reached", () => {
    const progress = makeProgressCounter()([
      execution("1", "asked"),
      execution("2", "declined"),
      execution("3", "rejected"),
      execution("4", "running"),
      execution("5", "refuted"),
      execution("6", "published"),
    ]);
    expect(progress.reached).toEqual({
      asked: 6,
      bids: 4,
      running: 3,
      proposals: 2,
      verified: 1,
      published: 1,
    });
    expect(progress.ended).toEqual({ declined: 1, refuted: 1, failed: 0, cancelled: 0 });
  });

  test("counts an execution that failed as far as it was seen to come", () => {
    const count = makeProgressCounter();
    count([execution("1", "running")]);
    expect(count([execution("1", "failed")]).reached).toMatchObject({ running: 1, proposals: 0 });
  });
});

describe("stateOf()", () => {
  test("prefers the exact state in the details", () => {
    expect(stateOf(execution("1", "proposed", 6))).toBe("proposed");
  });

  test.each([
    [2, "asked", false],
    [3, "offered", false],
    [4, "declined", true],
    [6, "running", false],
    [9, "published", true],
    [10, "failed", true],
    [11, "cancelled", true],
  ])("reads the integer %i as %s where the details say nothing", (integer, state, ended) => {
    expect(stateOf(execution("1", "?", integer))).toBe(state);
    expect(hasEnded(execution("1", "?", integer))).toBe(ended);
  });
});

test("allHasEnded() waits for every execution of a job that has ended", () => {
  const view = (state: string, ...states: readonly string[]) => ({
    Job: { ID: "j", State: { StateType: state } } as ApiJob,
    Executions: { Items: states.map((s, index) => execution(String(index), s)), NextToken: "" },
  });
  expect(allHasEnded(view("Completed", "published", "running"))).toBe(false);
  expect(allHasEnded(view("Running", "published"))).toBe(false);
  expect(allHasEnded(view("Completed", "published", "refuted"))).toBe(true);
});

test("progressLine() names the stages reached and what ended otherwise", () => {
  const count = makeProgressCounter();
  expect(progressLine(count([]))).toBe("");
  expect(progressLine(count([execution("1", "offered"), execution("2", "declined")]))).toBe(
    "asked 2 · bids 1 · 1 declined",
  );
});

test("progressBlock() has a line a stage, marked as far as all have come", () => {
  const progress = makeProgressCounter()([execution("1", "proposed"), execution("2", "refuted")]);
  expect(progressBlock(progress, false)).toEqual([
    "✓ asked      2",
    "✓ bids       2",
    "✓ running    2",
    "▸ proposals  2  (1 refuted)",
    "  verified   0",
    "  published  0",
  ]);
});
