import { describe, expect, test } from "vitest";
import { EXECUTION_STATES, type ExecutionState } from "@gadus/protocol";
import { nextWakeMs, reconcile } from "./reconcile.ts";
import type { StoredJob } from "./store.ts";
import type { NetworkView } from "./network-view.ts";
import {
  networkOf,
  networkWith,
  proposalOf,
  someExecution,
  someJob,
  someNode,
  somePartition,
} from "./test-records.ts";

const task = (timeouts: Readonly<Record<string, number>>) => ({
  Tasks: [{ Engine: { Type: "noop" }, Publisher: { Type: "memory" }, Timeouts: timeouts }],
});
const verdict = { winner: proposalOf("right"), counted: 1, reason: "1 of 1 agrees" };

/** A job whose one execution, on node a, is in `state`. */
function inState(
  state: ExecutionState,
  deadlineMs: number,
  timeouts: Record<string, number> = {},
): StoredJob {
  const isJudged = state === "verified" || state === "published" || state === "refuted";
  return {
    job: someJob(task(timeouts)),
    partitions: [somePartition(isJudged ? { verdict } : {})],
    executions: [someExecution("a", state, { deadlineMs })],
  };
}

const ended = (view: StoredJob, network: NetworkView, nowMs: number) =>
  reconcile(view, network, nowMs).find((effect) => effect.kind === "move" || effect.kind === "fail-job");

describe("a time-out", () => {
  test.each([
    ["asked", "no answer within 10 s (BidTimeout)", "nobody"],
    ["accepted", "Cannot finish execution e-a: it did not start within 600 s (StartTimeout)", "nobody"],
    [
      "running",
      "Cannot finish execution e-a: it did not propose a result within 1800 s (ExecutionTimeout) and 60 s (ProposeTimeout)",
      "node",
    ],
    [
      "verified",
      "Cannot finish execution e-a: it did not publish its result within 300 s (PublishTimeout)",
      "node",
    ],
  ] as const)(
    "of an execution that is %s is named with the node's value, and blames the right one",
    (state, message, blame) => {
      const effect = ended(inState(state, 500), networkOf(["a", "b"]), 1_000);
      expect(effect).toMatchObject({ kind: "move", event: "fail", failure: { message, blame } });
    },
  );

  test.each([
    ["asked", { BidTimeout: 7 }, "7 s (BidTimeout)"],
    ["accepted", { StartTimeout: 8 }, "8 s (StartTimeout)"],
    [
      "running",
      { ExecutionTimeout: 9, ProposeTimeout: 11 },
      "9 s (ExecutionTimeout) and 11 s (ProposeTimeout)",
    ],
    ["verified", { PublishTimeout: 12 }, "12 s (PublishTimeout)"],
  ] as const)("of an execution that is %s is the job's own where it gives one", (state, timeouts, named) => {
    const effect = ended(inState(state, 500, timeouts), networkOf(["a", "b"]), 1_000);
    expect(effect?.kind === "move" && effect.failure?.message).toContain(named);
  });

  test("of the job is named with its value", () => {
    const effect = ended(inState("running", 2_000_000, { TotalTimeout: 1_000 }), networkOf(["a"]), 1_000_000);
    const message = "Cannot finish job j-1: it did not end within 1000 s (TotalTimeout)";
    expect(effect).toMatchObject({ kind: "fail-job", failure: { code: "requester/timed-out", message } });
  });

  test("of the job tells what it waited for, and the first error and the last", () => {
    const failure = (message: string) => ({ code: "compute/run-failed", message, blame: "node" }) as const;
    const view = {
      job: { ...someJob(task({ TotalTimeout: 5 })), waiting: "0 of the 1 nodes needed can run it" },
      partitions: [somePartition()],
      executions: ["a", "b"].map((node, index) =>
        someExecution(node, "failed", { modifiedAtMs: index, failure: failure(`${node} broke`) }),
      ),
    };
    const message =
      "Cannot finish job j-1: it did not end within 5 s (TotalTimeout), and waited: " +
      "0 of the 1 nodes needed can run it; first: a broke on node a; last: b broke on node b";
    const effect = ended(view, networkOf(["c"]), 1_000_000);
    expect(effect).toMatchObject({ failure: { code: "requester/timed-out", message, blame: "nobody" } });
  });

  test("of the queue is named with its value and the last counts of reasons", () => {
    const view = { job: someJob(task({ QueueTimeout: 10 })), partitions: [somePartition()], executions: [] };
    const effect = ended(view, networkWith([someNode("a", { announcement: undefined })]), 10_000);
    const message =
      "Cannot place the job: it was not placed within 10 s (QueueTimeout); " +
      "0 of the 1 nodes needed can run it, of 1 known: 1 has yet to announce itself";
    expect(effect).toMatchObject({ kind: "fail-job", failure: { message } });
  });
});

describe("a node whose connection broke", () => {
  const gone = (disconnectedSinceMs: number, others: readonly string[] = ["b"]): NetworkView =>
    networkWith([
      someNode("a", { connected: false, disconnectedSinceMs }),
      ...others.map((name) => someNode(name)),
    ]);
  const owing = ["asked", "offered", "accepted", "running", "verified"] as const;

  test.each(owing)(
    "loses its execution that is %s once it is away for suspectAfterMs, blaming nobody",
    (state) => {
      const view = inState(state, 100_000);
      expect(ended(view, gone(10_000), 12_999)).toBeUndefined();
      expect(nextWakeMs(view, gone(10_000), 12_999)).toBe(13_000);
      expect(ended(view, gone(10_000), 13_200)).toMatchObject({
        event: "fail",
        failure: {
          code: "requester/node-lost",
          message:
            "Cannot finish execution e-a: node a has been gone for 3.2 s, and it may be for 3 s (suspectAfterMs)",
          blame: "nobody",
        },
      });
    },
  );

  test.each(EXECUTION_STATES.filter((state) => !owing.some((each) => each === state)))(
    "keeps its execution that is %s: it owes nothing",
    (state) => {
      const effects = reconcile(inState(state, 100_000), gone(0), 50_000);
      expect(effects.filter((effect) => effect.kind === "move" && effect.event === "fail")).toEqual([]);
    },
  );

  test("may take as long to be back from when its result was verified", () => {
    const view = inState("verified", 100_000);
    const executions = [someExecution("a", "verified", { deadlineMs: 100_000, modifiedAtMs: 15_000 })];
    expect(ended({ ...view, executions }, gone(10_000), 17_999)).toBeUndefined();
    expect(nextWakeMs({ ...view, executions }, gone(10_000), 17_999)).toBe(18_000);
    expect(ended({ ...view, executions }, gone(10_000), 18_000)).toMatchObject({ event: "fail" });
  });

  test("is not given up once it is back", () => {
    const view = inState("running", 100_000);
    expect(reconcile(view, networkOf(["a", "b"]), 50_000)).toEqual([]);
  });

  test("has been gone since the start for a requester that has just started, and until settleMs nothing is given up", () => {
    const view = inState("running", 1);
    const network = networkWith([someNode("b")], { startedAtMs: 20_000, settledAtMs: 25_000 });
    expect(reconcile(view, network, 24_999)).toEqual([]);
    expect(nextWakeMs(view, network, 24_999)).toBe(25_000);
    const late = inState("running", 100_000);
    expect(ended(late, network, 25_000)).toMatchObject({ failure: { code: "requester/node-lost" } });
    const unsettled = { ...network, settledAtMs: 20_000 };
    expect(nextWakeMs(late, unsettled, 20_000)).toBe(23_000);
  });

  test("is not waited for, and its bid is not accepted", () => {
    const view = (a: ExecutionState) => ({
      ...inState(a, 100_000),
      executions: [someExecution("a", a), someExecution("b", "offered")],
    });
    expect(reconcile(view("asked"), gone(900), 1_000)).toMatchObject([
      { event: "accept", executionId: "e-b" },
    ]);
    expect(reconcile(view("offered"), gone(900), 1_000)).toMatchObject([
      { event: "accept", executionId: "e-b" },
      { event: "reject", executionId: "e-a" },
    ]);
  });

  test("is not asked", () => {
    const view = { ...inState("asked", 100_000), executions: [] };
    const [effect] = reconcile(view, gone(900, ["b", "c"]), 1_000);
    expect(effect?.kind === "ask" && effect.nodes.map((node) => node.nodeId).toSorted()).toEqual(["b", "c"]);
  });

  test("doesn't cost a job that has only that node its life before it is given up", () => {
    expect(reconcile(inState("asked", 100_000), gone(900, []), 1_000)).toEqual([]);
    expect(nextWakeMs(inState("asked", 100_000), gone(900, []), 1_000)).toBe(3_900);
  });
});
