import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { NodeView } from "./node-table.ts";
import { DEFAULT_REQUESTER_OPTIONS } from "./options.ts";
import { nextWakeMs, reconcile } from "./reconcile.ts";
import type { ExecutionRecord } from "./records.ts";
import type { StoredJob } from "./store.ts";
import { networkWith, proposalOf, someExecution, someJob, someNode, somePartition } from "./test-records.ts";

const FULL = { code: "compute/queue-full", message: "nothing free", blame: "nobody" } as const;
const queueing = (seconds: number) => ({
  Tasks: [{ Engine: { Type: "noop" }, Publisher: { Type: "memory" }, Timeouts: { QueueTimeout: seconds } }],
});

function jobOf(executions: readonly ExecutionRecord[], document = {}, change = {}): StoredJob {
  return { job: someJob(document, change), partitions: [somePartition()], executions };
}

function nodes(...names: string[]): readonly NodeView[] {
  return names.map((name) => someNode(name));
}

function asks(view: StoredJob, known: readonly NodeView[], nowMs: number): readonly string[] {
  const effects = reconcile(view, networkWith(known), nowMs);
  return effects.flatMap((effect) => (effect.kind === "ask" ? effect.nodes.map((node) => node.nodeId) : []));
}

/** A node that announces that it is full, or has a place in its queue. */
function announcing(nodeId: string, isFull: boolean, announcedAtMs = 0): NodeView {
  const node = someNode(nodeId, { announcedAtMs });
  const { announcement } = node;
  if (announcement?.compute === undefined || !isFull) return node;
  const nothing = { cpuMillis: 0, memoryBytes: 0, diskBytes: 0, gpus: 0 };
  const compute = {
    ...announcement.compute,
    availableCapacity: nothing,
    queuedExecutions: 100,
    queueLimit: 100,
  };
  return { ...node, announcement: { ...announcement, compute } };
}

describe("an execution that failed", () => {
  test("is placed again after a pause that doubles with each failure", () => {
    const failed = (count: number) =>
      ["a", "b", "c"]
        .slice(0, count)
        .map((name, at) => someExecution(name, "failed", { modifiedAtMs: 10_000 + at }));
    for (const [count, afterMs] of [
      [1, 10_500],
      [2, 11_001],
      [3, 12_002],
    ] as const) {
      const view = jobOf(failed(count));
      expect(asks(view, nodes("d", "e"), afterMs - 1)).toEqual([]);
      expect(nextWakeMs(view, networkWith(nodes("d", "e")), afterMs - 1)).toBe(afterMs);
      expect(asks(view, nodes("d", "e"), afterMs).toSorted()).toEqual(["d", "e"]);
    }
  });

  test("is placed again without a pause where its node was lost: that took its time", () => {
    const failure = { code: "requester/node-lost", message: "gone", blame: "nobody" } as const;
    const view = jobOf([someExecution("a", "failed", { modifiedAtMs: 10_000, failure })]);
    expect(asks(view, nodes("a", "b"), 10_000)).toEqual(["b"]);
  });

  test("keeps a node that is to blame away from every partition of the job", () => {
    const failure = { code: "x/y", message: "broke", blame: "node" } as const;
    const executions = [
      someExecution("a", "failed", { failure, partition: 1 }),
      someExecution("b", "running", { partition: 1 }),
    ];
    const partitions = [somePartition(), somePartition({ index: 1 })];
    expect(asks({ ...jobOf(executions), partitions }, nodes("a", "b", "c"), 1_000).toSorted()).toEqual([
      "b",
      "c",
    ]);
  });

  test("never runs twice on a node, whoever was to blame", () => {
    const view = jobOf([someExecution("a", "failed")], queueing(60));
    expect(asks(view, nodes("a"), 30_000)).toEqual([]);
  });

  test("is not placed again beyond the limit", () => {
    const view = jobOf(["a", "b", "c", "d"].map((name) => someExecution(name, "failed")));
    expect(reconcile(view, networkWith(nodes("e", "f")), 60_000)).toMatchObject([{ kind: "fail-job" }]);
  });
});

describe("a node that was full", () => {
  const declines = (...atMs: readonly number[]) =>
    atMs.map((modifiedAtMs, at) =>
      someExecution("a", "declined", { id: `e-${at}`, failure: FULL, modifiedAtMs }),
    );

  test("is asked again by a job that may wait, after a pause that doubles each time", () => {
    for (const [executions, atMs] of [
      [declines(10_000), 11_000],
      [declines(10_000, 11_000), 13_000],
      [declines(10_000, 11_000, 13_000), 17_000],
    ] as const) {
      const view = jobOf(executions, queueing(600), { waiting: "it waits" });
      expect(asks(view, nodes("a"), atMs - 1)).toEqual([]);
      expect(nextWakeMs(view, networkWith(nodes("a")), atMs - 1)).toBe(atMs);
      expect(asks(view, nodes("a"), atMs)).toEqual(["a"]);
    }
  });

  test("is asked again sooner where it has announced room since", () => {
    const view = jobOf(declines(10_000), queueing(600));
    expect(asks(view, [announcing("a", false, 10_100)], 10_250)).toEqual(["a"]);
    expect(asks(view, [announcing("a", false, 9_900)], 10_250)).toEqual([]);
  });

  test("is not asked again where what it said is for good", () => {
    const failure = { code: "compute/too-large", message: "too large", blame: "nobody" } as const;
    const view = jobOf([someExecution("a", "declined", { failure })], queueing(600));
    expect(asks(view, nodes("a"), 500_000)).toEqual([]);
  });

  test("is not asked while it says that it is full, unless the job can't wait", () => {
    expect(asks(jobOf([], queueing(600)), [announcing("a", true)], 1_000)).toEqual([]);
    expect(asks(jobOf([]), [announcing("a", true)], 1_000)).toEqual(["a"]);
  });

  test("is not asked by a job that may wait for more places than it announced", () => {
    const view = jobOf([], queueing(600));
    const places = (taken: number): readonly NodeView[] => [{ ...announcing("a", false), taken }];
    // 100 in its queue, 40 at once by its free CPU.
    expect(asks(view, places(139), 1_000)).toEqual(["a"]);
    expect(asks(view, places(140), 1_000)).toEqual([]);
    expect(asks(jobOf([]), places(140), 1_000)).toEqual(["a"]);
  });

  test("is asked again for as long as bids may take by a job without a queue's time, which then fails with the counts", () => {
    const again = [
      ...declines(500, 900),
      someExecution("b", "declined", { failure: FULL, modifiedAtMs: 900 }),
    ];
    const known = [...nodes("a", "b"), someNode("c", { announcement: undefined })];
    expect(reconcile(jobOf(again), networkWith(known), 1_000)).toMatchObject([{ kind: "wait" }]);
    expect(asks(jobOf(again), known, 3_000)).toEqual(expect.arrayContaining(["a", "b"]));
    const still = again.map((each) => ({ ...each, modifiedAtMs: 10_050 }));
    const reasons =
      '0 of the 1 nodes needed can run it, of 3 known: 2 said "nothing free", 1 has yet to announce itself';
    const message = `Cannot place the job: it was not placed within 10 s (BidTimeout); ${reasons}`;
    expect(reconcile(jobOf(still), networkWith(known), 10_100)).toMatchObject([
      { kind: "fail-job", failure: { code: "requester/no-bids", message } },
    ]);
  });

  test("fails a job at once that no node can ever run, with the counts of reasons", () => {
    const never = { code: "compute/too-large", message: "too large", blame: "nobody" } as const;
    const again = [someExecution("a", "declined", { failure: never, modifiedAtMs: 900 })];
    const known = [...nodes("a"), someNode("c", { announcement: undefined, connectedSinceMs: -5_000 })];
    const message =
      'Cannot place the job: 0 of the 1 nodes needed can run it, of 2 known: 1 has yet to announce itself, 1 said "too large"';
    expect(reconcile(jobOf(again), networkWith(known), 1_000)).toMatchObject([
      { kind: "fail-job", failure: { code: "requester/no-bids", message } },
    ]);
  });

  test("is asked once more after the queue's time, and then no more", () => {
    const once = declines(5_000);
    expect(asks(jobOf(once, queueing(10)), nodes("a"), 10_000)).toEqual(["a"]);
    const twice = declines(5_000, 10_050);
    expect(reconcile(jobOf(twice, queueing(10)), networkWith(nodes("a")), 60_000)).toMatchObject([
      { kind: "fail-job" },
    ]);
  });
});

describe("a job that waits for nodes", () => {
  test("notes why, and anew only when the counts have changed for a while", () => {
    const view = (waiting: string | undefined, modifiedAtMs: number) =>
      jobOf([], queueing(600), { waiting, modifiedAtMs });
    const known = networkWith([someNode("a", { announcement: undefined })]);
    const reason = "0 of the 1 nodes needed can run it, of 1 known: 1 has yet to announce itself";
    expect(reconcile(view(undefined, 1_000), known, 1_000)).toEqual([{ kind: "wait", reason }]);
    expect(reconcile(view("something else", 1_000), known, 15_999)).toEqual([]);
    expect(reconcile(view("something else", 1_000), known, 16_000)).toEqual([{ kind: "wait", reason }]);
    expect(reconcile(view(reason, 1_000), known, 60_000)).toEqual([]);
    expect(nextWakeMs(view(reason, 1_000), known, 60_000)).toBe(75_000);
  });

  test("stays queued while nodes are asked again, and no longer than that", () => {
    const waiting = { waiting: "it waits" };
    expect(
      reconcile(jobOf([someExecution("a", "asked")], queueing(600), waiting), networkWith(nodes("a")), 1_000),
    ).toEqual([]);
    expect(
      reconcile(
        jobOf([someExecution("a", "running")], queueing(600), waiting),
        networkWith(nodes("a")),
        1_000,
      ),
    ).toEqual([{ kind: "wait", reason: undefined }]);
  });

  test("notes one reason where its partitions have several", () => {
    const partitions = [somePartition(), somePartition({ index: 1 })];
    const failure = { code: "compute/too-large", message: "too large", blame: "nobody" } as const;
    const view = { ...jobOf([someExecution("a", "declined", { failure })], queueing(600)), partitions };
    const known = networkWith([someNode("a"), someNode("b", { announcement: undefined })]);
    const effects = reconcile(
      {
        ...view,
        executions: [
          ...view.executions,
          someExecution("a", "declined", { failure, partition: 1, id: "e-2" }),
        ],
      },
      known,
      1_000,
    );
    expect(effects.filter((effect) => effect.kind === "wait")).toHaveLength(1);
  });

  test("waits anew for as long once it was placed and lost that", () => {
    const failure = { code: "requester/node-lost", message: "gone", blame: "nobody" } as const;
    const lost = someExecution("a", "failed", { modifiedAtMs: 100_000, failure });
    const view = jobOf([lost], queueing(10));
    expect(reconcile(view, networkWith(nodes("a")), 109_999)).toMatchObject([{ kind: "wait" }]);
    expect(reconcile(view, networkWith(nodes("a")), 110_000)).toMatchObject([{ kind: "fail-job" }]);
  });

  test("makes no more than so many executions, however long it waits for nodes that are full", () => {
    const queueMs = 3_600_000;
    const options = { ...DEFAULT_REQUESTER_OPTIONS, queueTimeoutMs: queueMs, reaskBackoffMaxMs: 1_000 };
    const executions: ExecutionRecord[] = [];
    let nowMs = 0;
    let rounds = 0;
    while (nowMs < queueMs) {
      const view = {
        job: someJob({}, { deadlineMs: 2 * queueMs, waiting: "it waits" }),
        partitions: [somePartition({ rounds })],
        executions,
      };
      const network = networkWith(nodes("a"), { options });
      if (reconcile(view, network, nowMs).some((effect) => effect.kind === "ask")) {
        rounds += 1;
        executions.push(
          someExecution("a", "declined", {
            id: `e-${rounds}`,
            failure: FULL,
            createdAtMs: nowMs,
            modifiedAtMs: nowMs,
          }),
        );
      } else nowMs = nextWakeMs(view, network, nowMs) ?? queueMs;
    }
    expect(executions.length).toBeGreaterThan(400);
    expect(executions.length).toBeLessThanOrEqual(500);
  });

  test("takes the bids that it has before one runs out, however long the others may take to answer", () => {
    const bid = someExecution("a", "offered", { modifiedAtMs: 1_000, deadlineMs: 31_000 });
    const view = jobOf([bid, someExecution("b", "asked", { deadlineMs: 3_600_000 })]);
    expect(reconcile(view, networkWith(nodes("a", "b")), 15_999)).toEqual([]);
    expect(nextWakeMs(view, networkWith(nodes("a", "b")), 15_999)).toBe(16_000);
    expect(reconcile(view, networkWith(nodes("a", "b")), 16_000)).toMatchObject([{ event: "accept" }]);
  });
});

test("one check that takes long doesn't hold up a publication that is good", () => {
  const verdict = { winner: proposalOf("right"), counted: 2, reason: "2 of 2 agree" };
  const view = {
    ...jobOf([someExecution("a", "published"), someExecution("b", "published", { retrievable: true })]),
    partitions: [somePartition({ verdict })],
  };
  expect(reconcile(view, networkWith(nodes("a", "b")), 1_000)).toMatchObject([
    { kind: "check", executionId: "e-a" },
    { kind: "complete", executionId: "e-b" },
  ]);
});

test("what isn't placed yet costs a retry no more often than the limit, whatever nodes do", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 0, max: 8 }), (concurrency, count) => {
      const names = Array.from({ length: count }, (_, at) => `n${at}`);
      const view = {
        ...jobOf(
          names.map((name) => someExecution(name, "failed")),
          { Deal: { Concurrency: concurrency } },
        ),
        partitions: [somePartition({ target: concurrency })],
      };
      const asked = asks(view, nodes(...names, "x", "y", "z", "u", "v", "w"), 900_000);
      expect(asked.length > 0).toBe(count < concurrency + DEFAULT_REQUESTER_OPTIONS.retryLimit);
    }),
  );
});

describe("a job that comes before the nodes do", () => {
  const silent = (connectedSinceMs: number): NodeView =>
    someNode("s", { announcement: undefined, connectedSinceMs });
  const offerless = someNode("o").announcement;
  const requesterOnly: NodeView = someNode("o", {
    ...(offerless && { announcement: { ...offerless, compute: undefined } }),
  });
  const tooLarge = { code: "compute/too-large", message: "too large", blame: "nobody" } as const;
  const refused = [someExecution("a", "declined", { failure: tooLarge, modifiedAtMs: 60_000 })];
  const born = { createdAtMs: 60_000, modifiedAtMs: 60_000 };
  const young = (executions: readonly ExecutionRecord[] = []): StoredJob => jobOf(executions, {}, born);
  const kinds = (view: StoredJob, known: readonly NodeView[], nowMs: number): readonly string[] =>
    reconcile(view, networkWith(known), nowMs).map(({ kind }) => kind);

  test("waits for as long as a network takes to settle while no node is known that runs jobs", () => {
    for (const known of [[], [requesterOnly], [silent(0)], [someNode("g", { connected: false })]]) {
      expect(kinds(young(), known, 64_999)).toEqual(["wait"]);
      expect(nextWakeMs(young(), networkWith(known), 60_000)).toBe(65_000);
      expect(kinds(young(), known, 65_000)).toEqual(["fail-job"]);
    }
  });

  test("waits for a node that has connected and has not said yet what it runs", () => {
    const known = [...nodes("a"), silent(59_000)];
    expect(kinds(young(refused), known, 63_999)).toEqual(["wait"]);
    expect(nextWakeMs(young(refused), networkWith(known), 63_000)).toBe(64_000);
    expect(kinds(young(refused), known, 64_000)).toEqual(["fail-job"]);
    expect(kinds(young(refused), [...nodes("a"), silent(64_500)], 65_000)).toEqual(["fail-job"]);
  });

  test("fails at once where every node has spoken, and can't run it", () => {
    expect(kinds(young(refused), [...nodes("a"), requesterOnly], 60_001)).toEqual(["fail-job"]);
    expect(kinds(young(refused), [...nodes("a"), silent(50_000)], 60_001)).toEqual(["fail-job"]);
  });

  test("is asked of a node as soon as that has announced itself", () => {
    expect(asks(young(), nodes("a"), 60_100)).toEqual(["a"]);
  });
});
