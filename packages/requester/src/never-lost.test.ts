import fc from "fast-check";
import { EXECUTION_STATES } from "@gadus/protocol";
import { expect, test } from "vitest";
import { networkWith, proposalOf, someExecution, someJob, someNode, somePartition } from "./test-records.ts";
import { DEFAULT_REQUESTER_OPTIONS } from "./options.ts";
import { nextWakeMs, reconcile } from "./reconcile.ts";
import type { StoredJob } from "./store.ts";
import type { NetworkView } from "./network-view.ts";

const NAMES = ["a", "b", "c", "d", "e"];
const moment = fc.integer({ min: 0, max: 20_000 });
const failures = fc.record({
  code: fc.constantFrom("compute/queue-full", "compute/too-large", "requester/node-lost", "executor/trap"),
  message: fc.constantFrom("one thing", "another"),
  blame: fc.constantFrom("node" as const, "job" as const, "nobody" as const),
});
const executions = fc.array(
  fc.record({
    node: fc.constantFrom(...NAMES),
    partition: fc.integer({ min: 0, max: 1 }),
    state: fc.constantFrom(...EXECUTION_STATES),
    result: fc.constantFrom("right", "wrong"),
    retrievable: fc.constantFrom(true, false, undefined),
    engaged: fc.boolean(),
    failure: failures,
    modifiedAtMs: moment,
    lastsMs: moment,
  }),
  { maxLength: 12 },
);
const nodes = fc.uniqueArray(
  fc.record({
    name: fc.constantFrom(...NAMES),
    isConnected: fc.boolean(),
    isKnown: fc.boolean(),
    atMs: moment,
    unanswered: fc.integer({ min: 0, max: 2 }),
  }),
  { selector: ({ name }) => name, maxLength: 5 },
);
const situations = fc.record({
  executions,
  nodes,
  concurrency: fc.integer({ min: 1, max: 3 }),
  count: fc.integer({ min: 1, max: 2 }),
  verdicts: fc.array(fc.boolean(), { minLength: 2, maxLength: 2 }),
  completed: fc.array(fc.boolean(), { minLength: 2, maxLength: 2 }),
  rounds: fc.constantFrom(0, 3, 1_000),
  isStopped: fc.boolean(),
  isFailed: fc.boolean(),
  isResolved: fc.boolean(),
  waiting: fc.constantFrom(undefined, "for nodes"),
  queueTimeoutMs: fc.constantFrom(0, 5_000, 86_400_000),
  startedAtMs: moment,
  nowMs: moment,
});
type Situation = typeof situations extends fc.Arbitrary<infer S> ? S : never;

function viewOf(drawn: Situation): StoredJob {
  const records = drawn.executions
    .filter(({ partition }) => partition < drawn.count)
    .map(({ node, state, result, lastsMs, ...rest }, at) => {
      const base = someExecution(node, state, { id: `e-${at}` });
      const { partition, modifiedAtMs, failure, retrievable } = rest;
      return {
        ...base,
        partition,
        modifiedAtMs,
        createdAtMs: modifiedAtMs,
        deadlineMs: modifiedAtMs + lastsMs,
        engaged: base.engaged || (state === "failed" && rest.engaged),
        ...(state === "published" && { retrievable }),
        ...((state === "failed" || state === "declined") && { failure }),
        ...(base.proposal !== undefined && { proposal: proposalOf(result) }),
      };
    });
  const winner = { winner: proposalOf("right"), counted: 1, reason: "agreed" };
  const partitions = Array.from({ length: drawn.count }, (_, index) => {
    const verdict = drawn.verdicts[index] === true ? winner : undefined;
    const completedBy = verdict !== undefined && drawn.completed[index] === true ? "e-0" : undefined;
    return somePartition({ index, target: drawn.concurrency, rounds: drawn.rounds, verdict, completedBy });
  });
  const { task } = someJob();
  const failure = { code: "x/y", message: "it failed", blame: "nobody" } as const;
  const job = someJob(
    { Count: drawn.count, Deal: { Concurrency: drawn.concurrency } },
    {
      desired: drawn.isStopped ? "stop" : "run",
      failure: drawn.isFailed ? failure : undefined,
      task: drawn.isResolved ? task : undefined,
      waiting: drawn.waiting,
    },
  );
  return { job, partitions, executions: records };
}

function networkOf(drawn: Situation): NetworkView {
  const known = drawn.nodes.map(({ name, isConnected, isKnown, atMs, unanswered }) =>
    someNode(name, {
      connected: isConnected,
      unanswered,
      announcedAtMs: atMs,
      disconnectedSinceMs: isConnected ? undefined : atMs,
      ...(!isKnown && { announcement: undefined, announcedAtMs: undefined }),
    }),
  );
  const options = { ...DEFAULT_REQUESTER_OPTIONS, queueTimeoutMs: drawn.queueTimeoutMs };
  const { startedAtMs } = drawn;
  return networkWith(known, { options, startedAtMs, settledAtMs: startedAtMs + options.settleMs });
}

test("a job that isn't closed always has something to do, or a time to look again", {
  timeout: 60_000,
}, () => {
  fc.assert(
    fc.property(situations, (drawn) => {
      const view = viewOf(drawn);
      const network = networkOf(drawn);
      const effects = reconcile(view, network, drawn.nowMs);
      const wakeMs = nextWakeMs(view, network, drawn.nowMs);
      expect(effects.length > 0 || wakeMs !== undefined).toBe(true);
      expect(wakeMs === undefined || wakeMs > drawn.nowMs).toBe(true);
    }),
    { numRuns: 2_000 },
  );
});

test("a job is looked at in time: what is decided at the next look is nothing that could have been decided before it", {
  timeout: 60_000,
}, () => {
  fc.assert(
    fc.property(situations, fc.double({ min: 0, max: 1, noNaN: true }), (drawn, share) => {
      const view = viewOf(drawn);
      const network = networkOf(drawn);
      const wakeMs = nextWakeMs(view, network, drawn.nowMs);
      const effects = reconcile(view, network, drawn.nowMs);
      fc.pre(effects.length === 0 && wakeMs !== undefined);
      const betweenMs = drawn.nowMs + Math.floor(((wakeMs ?? 0) - 1 - drawn.nowMs) * share);
      const done = reconcile(view, network, betweenMs).filter(({ kind }) => kind !== "wait");
      expect(done).toEqual([]);
    }),
    { numRuns: 1_000 },
  );
});

test("nobody is asked who is gone, has it, had it, or is to blame", { timeout: 60_000 }, () => {
  fc.assert(
    fc.property(situations, (drawn) => {
      const view = viewOf(drawn);
      const network = networkOf(drawn);
      for (const effect of reconcile(view, network, drawn.nowMs)) {
        if (effect.kind !== "ask") continue;
        const here = view.executions.filter(({ partition }) => partition === effect.partition);
        const tried = here.filter(
          ({ engaged, state }) => engaged || state === "asked" || state === "offered",
        );
        const blamed = view.executions.filter(({ failure }) => failure?.blame === "node");
        const barred = [...tried, ...blamed].map(({ nodeId }) => nodeId);
        const asked = effect.nodes.map(({ nodeId }) => nodeId);
        expect(asked.filter((nodeId) => barred.includes(nodeId))).toEqual([]);
        expect(asked.filter((nodeId) => network.node(nodeId)?.connected !== true)).toEqual([]);
      }
    }),
    { numRuns: 1_000 },
  );
});
