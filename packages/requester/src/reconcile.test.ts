import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { EXECUTION_STATES, isTerminal, next } from "@gadus/protocol";
import type { Effect } from "./effect.ts";
import { nextWakeMs, reconcile } from "./reconcile.ts";
import type { ExecutionRecord, JobRecord, PartitionRecord } from "./records.ts";
import {
  networkOf,
  networkWith,
  proposalOf,
  someExecution,
  someJob,
  someNode,
  somePartition,
} from "./test-records.ts";

const FIVE = ["a", "b", "c", "d", "e"];
const three = { Deal: { Concurrency: 3 } };

function decide(
  executions: readonly ExecutionRecord[],
  {
    job = someJob(),
    partition = somePartition(),
    nodes = FIVE,
    nowMs = 1_000,
  }: {
    readonly job?: JobRecord;
    readonly partition?: PartitionRecord;
    readonly nodes?: readonly string[];
    readonly nowMs?: number;
  } = {},
): readonly Effect[] {
  return reconcile({ job, partitions: [partition], executions }, networkOf(nodes), nowMs);
}

const moves = (effects: readonly Effect[]): readonly string[] =>
  effects.flatMap((effect) => (effect.kind === "move" ? [`${effect.event} ${effect.executionId}`] : []));

describe("reconcile() before a verdict", () => {
  test("asks three nodes for each bid that is needed", () => {
    const [ask] = decide([]);
    expect(ask?.kind).toBe("ask");
    expect(ask?.kind === "ask" && ask.nodes.length).toBe(3);
  });

  test("waits while a node that was asked may still answer", () => {
    expect(decide([someExecution("a", "offered"), someExecution("b", "asked")])).toEqual([]);
  });

  test("doesn't wait for a node that let the last ask pass, where the others bid enough", () => {
    const network = networkWith([someNode("a"), someNode("b", { unanswered: 1 })]);
    const view = (executions: readonly ExecutionRecord[]) => ({
      job: someJob(),
      partitions: [somePartition()],
      executions,
    });
    const both = view([someExecution("a", "offered"), someExecution("b", "asked")]);
    expect(moves(reconcile(both, network, 1_000))).toEqual(["accept e-a"]);
    const alone = view([someExecution("a", "declined"), someExecution("b", "asked")]);
    expect(reconcile(alone, network, 1_000)).toEqual([]);
  });

  test("chooses among all bids once all asked have answered, and rejects the rest", () => {
    const effects = decide([
      someExecution("a", "offered"),
      someExecution("b", "offered"),
      someExecution("c", "declined"),
    ]);
    expect(moves(effects).map((move) => move.split(" ")[0])).toEqual(["accept", "reject"]);
  });

  test("doesn't choose by the order in which bids came", () => {
    const chosen = ["a", "b", "c", "d"].map((last) => {
      const order = [...["a", "b", "c", "d"].filter((name) => name !== last), last];
      return moves(decide(order.map((name) => someExecution(name, "offered"))))[0];
    });
    expect(new Set(chosen).size).toBe(1);
  });

  test("closes the bid window and chooses among the bids that came", () => {
    const asked = someExecution("b", "asked", { deadlineMs: 500 });
    expect(moves(decide([someExecution("a", "offered"), asked]))).toEqual(["fail e-b"]);
  });

  test("asks further nodes when too few bids came", () => {
    const job = someJob({ Deal: { Concurrency: 2 } });
    const effects = decide([someExecution("a", "offered"), someExecution("b", "declined")], {
      job,
      partition: somePartition({ target: 2 }),
    });
    expect(effects[0]).toMatchObject({ kind: "ask" });
    expect(effects[0]?.kind === "ask" && effects[0].nodes.map((node) => node.nodeId).toSorted()).toEqual([
      "c",
      "d",
      "e",
    ]);
  });

  test("fails the job with the counts of reasons when no node is left", () => {
    const declined = someExecution("a", "declined", {
      failure: { code: "x/y", message: "queue full", blame: "nobody" },
    });
    expect(decide([declined], { nodes: ["a"] })).toEqual([
      {
        kind: "fail-job",
        failure: {
          code: "requester/no-bids",
          message:
            'Cannot place the job: 0 of the 1 nodes needed can run it, of 1 known: 1 said "queue full"',
          blame: "nobody",
        },
      },
    ]);
  });

  test("waits for nodes while the job's queue time-out lasts", () => {
    const task = { Engine: { Type: "noop" }, Timeouts: { QueueTimeout: 10 } };
    const job = someJob({ Tasks: [task] });
    expect(decide([], { job, nodes: [] })).toMatchObject([{ kind: "wait" }]);
    expect(decide([], { job, nodes: [], nowMs: 10_001 })).toMatchObject([{ kind: "fail-job" }]);
  });

  test("places an execution that failed elsewhere", () => {
    const effects = decide([someExecution("a", "failed")]);
    expect(effects[0]).toMatchObject({ kind: "ask" });
    expect(effects[0]?.kind === "ask" && effects[0].nodes.some((node) => node.nodeId === "a")).toBe(false);
  });

  const brokenBy = (message: string) => ({ code: "executor/trap", message, blame: "nobody" }) as const;

  test("fails the job with the first error and the last once the retries are used up", () => {
    const failed = ["d", "a", "b", "c"].map((name, at) =>
      someExecution(name, "failed", { modifiedAtMs: 4 - at, failure: brokenBy(`broken on ${name}`) }),
    );
    const message =
      "Cannot place the job: 4 executions were tried, the most allowed; " +
      "first: broken on c on node c; last: broken on d on node d";
    expect(decide(failed)).toEqual([
      { kind: "fail-job", failure: { code: "executor/trap", message, blame: "nobody" } },
    ]);
  });

  test("names an error that is the first and the last once", () => {
    const failed = ["a", "b", "c", "d"].map((name) => someExecution(name, "failed"));
    const message =
      "Cannot place the job: 4 executions were tried, the most allowed; first: broken on node a";
    expect(decide(failed)).toMatchObject([{ kind: "fail-job", failure: { message } }]);
  });

  test("believes that the job is to blame only when as many say so as must agree on a result", () => {
    const failure = { code: "executor/invalid-module", message: "broken", blame: "job" } as const;
    const job = someJob(three);
    const partition = somePartition({ target: 3 });
    const one = [
      someExecution("a", "failed", { failure }),
      someExecution("b", "running"),
      someExecution("c", "running"),
    ];
    expect(decide(one, { job, partition }).some((effect) => effect.kind === "fail-job")).toBe(false);
    const two = [
      ...one.slice(0, 1),
      someExecution("b", "failed", { failure }),
      someExecution("c", "running"),
    ];
    expect(decide(two, { job, partition })).toMatchObject([{ kind: "fail-job", failure }]);
  });

  test("doesn't believe a few that the job is to blame while more may show otherwise", () => {
    const failure = { code: "executor/invalid-module", message: "broken", blame: "job" } as const;
    const job = someJob({ Deal: { Concurrency: 5, Confidence: 2 } });
    const liars = [someExecution("a", "failed", { failure }), someExecution("b", "failed", { failure })];
    const others = ["c", "d", "e"].map((name) => someExecution(name, "running"));
    const partition = somePartition({ target: 5 });
    const effects = decide([...liars, ...others], { job, partition });
    expect(effects.some((effect) => effect.kind === "fail-job")).toBe(false);
  });

  test("has proposals judged, with those that may still come counted", () => {
    const executions = [
      someExecution("a", "proposed"),
      someExecution("b", "running"),
      someExecution("c", "failed"),
    ];
    const effects = decide(executions, { job: someJob(three), partition: somePartition({ target: 3 }) });
    expect(effects[0]).toMatchObject({ kind: "judge", evidence: { pending: 2, ran: 3 } });
  });

  test("fails an execution whose node let its time pass, and blames the node", () => {
    const effects = decide([someExecution("a", "running", { deadlineMs: 1_000 })]);
    expect(effects).toMatchObject([
      { kind: "move", event: "fail", failure: { code: "requester/timed-out", blame: "node" } },
    ]);
  });
});

describe("reconcile() after a verdict", () => {
  const verdict = { winner: proposalOf("right"), counted: 3, reason: "2 of 3 agree" };
  const job = someJob(three);
  const partition = somePartition({ target: 3, verdict });

  test("verifies what agrees and refutes what doesn't", () => {
    const wrong = someExecution("c", "proposed", { proposal: proposalOf("wrong") });
    const effects = decide([someExecution("a", "proposed"), someExecution("b", "proposed"), wrong], {
      job,
      partition,
    });
    expect(moves(effects)).toEqual(["verify e-a", "verify e-b", "refute e-c"]);
  });

  test("lets the executions that still run go on, and holds them against it", () => {
    const executions = [
      someExecution("a", "published", { retrievable: true }),
      someExecution("b", "running"),
    ];
    const done = { ...partition, completedBy: "e-a" };
    expect(decide(executions, { job, partition: done })).toEqual([]);
    const late = [
      executions[0],
      someExecution("b", "proposed", { proposal: proposalOf("wrong") }),
    ] as ExecutionRecord[];
    expect(moves(decide(late, { job, partition: done }))).toEqual(["refute e-b"]);
  });

  test("completes a partition only by a publication that was checked", () => {
    expect(decide([someExecution("a", "published")], { job, partition })).toMatchObject([{ kind: "check" }]);
    const good = [someExecution("a", "published", { retrievable: true })];
    expect(decide(good, { job, partition })).toMatchObject([{ kind: "complete", executionId: "e-a" }]);
  });

  test("places a replacement when no publication was good", () => {
    const bad = [someExecution("a", "published", { retrievable: false })];
    expect(decide(bad, { job, partition })).toMatchObject([{ kind: "ask" }]);
  });
});

describe("reconcile() of a job that ends", () => {
  test("cancels every live execution of a job that was stopped, then closes it", () => {
    const job = someJob({}, { desired: "stop", stopReason: "enough" });
    expect(moves(decide([someExecution("a", "running"), someExecution("b", "declined")], { job }))).toEqual([
      "cancel e-a",
    ]);
    expect(decide([someExecution("a", "cancelled")], { job })).toEqual([{ kind: "close" }]);
  });

  test("fails a job whose total time is over", () => {
    expect(decide([], { nowMs: 1_000_000 })).toMatchObject([
      { kind: "fail-job", failure: { code: "requester/timed-out" } },
    ]);
  });

  test("says nothing of a job that is closed", () => {
    expect(decide([], { job: someJob({}, { closed: true }) })).toEqual([]);
  });
});

describe("a requester that has just started", () => {
  test("gives nodes time to tell what they did while it was away, before it calls them late", () => {
    const view = {
      job: someJob(),
      partitions: [somePartition()],
      executions: [someExecution("a", "running", { deadlineMs: 500 })],
    };
    const network = networkOf(FIVE, 6_000);
    expect(reconcile(view, network, 1_000)).toEqual([]);
    expect(nextWakeMs(view, network, 1_000)).toBe(6_000);
    expect(reconcile(view, network, 6_000)).toMatchObject([{ kind: "move", event: "fail" }]);
  });
});

describe("nextWakeMs()", () => {
  const running = [someExecution("a", "running", { deadlineMs: 5_000_000 })];

  test("doesn't ring again and again for a job that was completed, once its total time is over", () => {
    const verdict = { winner: proposalOf("right"), counted: 3, reason: "2 of 3 agree" };
    const view = {
      job: someJob(three),
      partitions: [somePartition({ target: 3, verdict, completedBy: "e-b" })],
      executions: running,
    };
    expect(reconcile(view, networkOf(FIVE), 1_000_001)).toEqual([]);
    expect(nextWakeMs(view, networkOf(FIVE), 1_000_001)).toBe(5_000_000);
  });

  test("doesn't ring again and again for a job that waited for nodes too long, while others of it run", () => {
    const task = { Engine: { Type: "noop" }, Timeouts: { QueueTimeout: 10 } };
    const job = someJob({ Tasks: [task], Deal: { Concurrency: 2 } }, { waiting: "no node" });
    const view = { job, partitions: [somePartition({ target: 2 })], executions: running };
    expect(reconcile(view, networkOf(["a"]), 10_001)).toEqual([{ kind: "wait", reason: undefined }]);
    expect(nextWakeMs(view, networkOf(["a"]), 10_001)).toBe(1_000_000);
  });
});

describe("reconcile()", () => {
  const executions = fc.uniqueArray(
    fc.record({
      node: fc.constantFrom(...FIVE, "f", "g"),
      state: fc.constantFrom(...EXECUTION_STATES),
      result: fc.constantFrom("right", "wrong"),
      deadlineMs: fc.integer({ min: 0, max: 5_000 }),
      retrievable: fc.constantFrom(true, false, undefined),
    }),
    { selector: ({ node }) => node, maxLength: 7 },
  );
  const situations = fc.record({
    executions,
    concurrency: fc.integer({ min: 1, max: 4 }),
    verdict: fc.boolean(),
    stopped: fc.boolean(),
    nowMs: fc.integer({ min: 0, max: 5_000 }),
  });

  test("only causes what the protocol lets a requester cause, and the same whenever it is asked", () => {
    fc.assert(
      fc.property(situations, ({ executions: drawn, concurrency, verdict, stopped, nowMs }) => {
        const records = drawn.map(({ node, state, result, deadlineMs, retrievable }) => {
          const change = { deadlineMs, ...(state === "published" && { retrievable }) };
          const base = someExecution(node, state, change);
          return base.proposal === undefined ? base : { ...base, proposal: proposalOf(result) };
        });
        const job = someJob({ Deal: { Concurrency: concurrency } }, stopped ? { desired: "stop" } : {});
        const winner = { winner: proposalOf("right"), counted: 1, reason: "agreed" };
        const partition = somePartition({ target: concurrency, ...(verdict && { verdict: winner }) });
        const view = { job, partitions: [partition], executions: records };
        const effects = reconcile(view, networkOf(FIVE), nowMs);
        expect(reconcile(view, networkOf(FIVE), nowMs)).toEqual(effects);
        const stateOf = (id: string) => records.find((each) => each.id === id)?.state ?? "published";
        const moved = effects.filter((effect) => effect.kind === "move");
        const illegal = moved.filter(
          ({ executionId, event }) => next(stateOf(executionId), event, "requester") === undefined,
        );
        expect(illegal).toEqual([]);
        expect(moved.some(({ event }) => event === "verify") && !verdict).toBe(false);
        const asked = effects.flatMap((effect) => (effect.kind === "ask" ? effect.nodes : []));
        const tried = records.filter(({ state }) => state !== "rejected").map(({ nodeId }) => nodeId);
        expect(asked.filter(({ nodeId }) => tried.includes(nodeId))).toEqual([]);
        const isStuck =
          effects.length === 0 &&
          records.some((each) => !isTerminal(each.state)) &&
          nextWakeMs(view, networkOf(FIVE), nowMs) === undefined;
        expect(isStuck).toBe(false);
      }),
    );
  });
});
