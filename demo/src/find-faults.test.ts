import type { DevnetNode } from "@gadus/cli/start-devnet";
import type { ApiExecution, ApiJob, ApiJobView } from "@gadus/client";
import { expect, test } from "vitest";
import { findFaults } from "./find-faults.ts";

const NODES: readonly DevnetNode[] = ["requester", "compute-1", "compute-2", "compute-3"].map(
  (name, index) => ({
    name,
    nodeId: `id-${index}`,
    api: `http://127.0.0.1:${index}`,
    pid: index,
    liar: name === "compute-2",
  }),
);

function ended(states: readonly string[], state = "Completed"): ApiJobView {
  const Items = states.map((State, index) => {
    const ComputeState = { StateType: 0, Details: { State } };
    return { ID: `e-${index}`, JobID: "j", NodeID: `id-${index + 1}`, ComputeState } as ApiExecution;
  });
  const Job = { ID: "j", State: { StateType: state, Message: "why" } } as ApiJob;
  return { Job, Executions: { Items, NextToken: "" } };
}

test("findFaults() finds none where exactly the liar was refuted and one result was published", () => {
  expect(findFaults(ended(["published", "refuted", "published"]), NODES, ["cid", "cid"])).toEqual([]);
});

test.each([
  ["the job failed", ended(["published", "refuted", "published"], "Failed"), ["cid"], "the job is Failed"],
  ["the liar was believed", ended(["published", "published", "published"]), ["cid"], "compute-2 lies"],
  ["an honest node was refuted", ended(["refuted", "refuted", "published"]), ["cid"], "compute-1 is honest"],
  ["a verified result wasn't published", ended(["verified", "refuted", "published"]), ["cid"], "is verified"],
  ["a node never ran", ended(["published", "refuted"]), ["cid"], "2 executions on 2 nodes"],
  ["nothing was published", ended(["published", "refuted", "published"]), [], "0 different results"],
  [
    "two results were published",
    ended(["published", "refuted", "published"]),
    ["a", "b"],
    "2 different results",
  ],
])("findFaults() says so where %s", (_name, job, cids, message) => {
  expect(findFaults(job, NODES, cids).join("\n")).toContain(message);
});
