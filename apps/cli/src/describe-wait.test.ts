import type { ApiExecution, ApiJob, ExecutionState } from "@gadus/client";
import { expect, test } from "vitest";
import { describeWait } from "./describe-wait.ts";

const JOB = {
  ID: "j-1",
  Count: 1,
  Deal: { Concurrency: 2, MinBids: 3, Confidence: 2 },
  State: { StateType: "Pending", Message: "", Details: {} },
} as unknown as ApiJob;

/** Executions in `states`, each on a node of its own; what follows a colon is their message. */
function view(states: readonly `${ExecutionState}${"" | `: ${string}`}`[], job: Partial<ApiJob> = {}) {
  const Items = states.map((text, index) => {
    const [State = "", Message = ""] = text.split(": ");
    const ComputeState = { StateType: 0, Message, Details: { State } };
    return { ID: `e-${index}`, NodeID: `n-${index}`, JobID: "j-1", ComputeState } as ApiExecution;
  });
  return { Job: { ...JOB, ...job }, Executions: { Items, NextToken: "" } };
}

test.each([
  [view([]), "waiting: 0 of 3 bids; no node asked yet"],
  [
    view(["offered", "asked", "declined: memory", "declined: memory"]),
    "waiting: 1 of 3 bids; 4 nodes asked, 2 declined: memory",
  ],
  [view(["offered", "offered", "offered"]), "waiting: a choice among 3 bids; 3 nodes asked"],
  [view(["running", "accepted", "rejected"]), "waiting: 2 of 2 executions to end"],
  [view(["running", "proposed", "rejected"]), "waiting: 1 of 2 executions to end"],
  [view(["proposed", "refuted"]), "waiting: 1 of 2 equal results"],
  [view(["verified", "verified"]), "waiting: the result to be published"],
  [
    view([], { State: { StateType: "Queued", Message: "0 of the 2 nodes needed can run it", Details: {} } }),
    "waiting: 0 of 3 bids; 0 of the 2 nodes needed can run it",
  ],
  [view(["running"], { Deal: { Concurrency: null, MinBids: null } }), "waiting: 1 of 1 execution to end"],
  [view([], { Deal: { Concurrency: null, MinBids: null } }), "waiting: 0 of 1 bid; no node asked yet"],
  [view(["proposed"], { Deal: { Confidence: null } }), "waiting: 1 of 1 equal result"],
  [view(["published"], { State: { StateType: "Completed", Message: "", Details: {} } }), ""],
])("describeWait() says what a job waits for (%#)", (given, text) => {
  expect(describeWait(given)).toBe(text);
});
