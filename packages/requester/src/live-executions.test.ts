import { expect, test } from "vitest";
import { LiveExecutions } from "./live-executions.ts";
import { someExecution, someJob } from "./test-records.ts";

test("jobsOn() answers the jobs that have something live on a node, and no others", () => {
  const live = new LiveExecutions();
  const index = (jobId: string, ...executions: ReturnType<typeof someExecution>[]): void =>
    live.index({ job: someJob({}, { jobId }), executions });
  index("j-1", someExecution("a", "running", { id: "e-1" }), someExecution("b", "asked", { id: "e-2" }));
  index("j-2", someExecution("a", "proposed", { id: "e-3" }));
  index("j-3", someExecution("a", "failed", { id: "e-4" }));
  expect([...live.jobsOn("a")]).toEqual(["j-1", "j-2"]);
  expect([...live.jobsOn("b")]).toEqual(["j-1"]);
  index("j-1", someExecution("a", "failed", { id: "e-1" }));
  expect([...live.jobsOn("a")]).toEqual(["j-2"]);
  expect([...live.jobsOn("c")]).toEqual([]);
});
