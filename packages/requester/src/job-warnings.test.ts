import { parseJobDocument } from "@gadus/protocol";
import { expect, test } from "vitest";
import { jobWarnings } from "./job-warnings.ts";

const warningsOf = (change: object, task: object = {}) =>
  jobWarnings(parseJobDocument({ Tasks: [{ Name: "main", Engine: { Type: "noop" }, ...task }], ...change }));

test.each([
  [
    { Deal: { Concurrency: 3 }, Verifier: { Type: "none" } },
    {},
    "Deal.Concurrency is 3, and Verifier.Type is none",
  ],
  [{}, { Network: { Type: "None", Ports: [{ Name: "http" }] } }, "Tasks[0].Network.Ports is ignored"],
  [{}, { Timeouts: { ExecutionTimeout: 60, TotalTimeout: 30 } }, "TotalTimeout ends the job after 30 s"],
])("jobWarnings() warns of %j %j", (change, task, text) => {
  expect(warningsOf(change, task)).toEqual([expect.stringContaining(text)]);
});

test("jobWarnings() has nothing to say of most jobs", () => {
  expect(warningsOf({ Deal: { Concurrency: 3 } }, { Timeouts: { ExecutionTimeout: 60 } })).toEqual([]);
});
