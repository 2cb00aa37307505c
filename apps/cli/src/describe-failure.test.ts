import type { ApiExecution, ApiJob, ApiJobView } from "@gadus/client";
import { expect, test } from "vitest";
import { describeFailure } from "./describe-failure.ts";

function failed(code: string, count: number, state = "Failed"): ApiJobView {
  const Items = Array.from({ length: count }, (_, index) => {
    const ComputeState = { StateType: 10, Message: "it trapped", Details: { State: "failed" } };
    return { ID: `e-${index}`, NodeID: `n-${index}`, JobID: "j-1", ComputeState } as ApiExecution;
  });
  const Job = { ID: "j-1", State: { StateType: state, Details: { Code: code } } } as ApiJob;
  return { Job, Executions: { Items, NextToken: "" } };
}

test("describeFailure() says where, and what to try", () => {
  expect(describeFailure(failed("executor/out-of-memory", 1))).toEqual([
    "Where: e-0 on node n-0: it trapped",
    "Try: give it more: --memory, or Tasks[0].Resources.Memory",
  ]);
  expect(describeFailure(failed("storage/not-found", 0))).toEqual([
    "Try: see that each input is there, and written as the error says",
  ]);
});

test("describeFailure() names some executions, and counts the rest", () => {
  const lines = describeFailure(failed("some/thing", 10));
  expect(lines).toHaveLength(4);
  expect(lines.at(-1)).toBe("Where: and 7 executions more");
});

test("describeFailure() of a job that was stopped says how to run it again", () => {
  expect(describeFailure(failed("", 1, "Stopped"))).toEqual(["Run it again: gadus job rerun j-1"]);
});
