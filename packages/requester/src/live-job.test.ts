import { DEFAULT_REQUESTER_OPTIONS } from "./options.ts";
import { silentLogger } from "@gadus/protocol";
import { expect, test } from "vitest";
import { LiveJob, type LiveJobPorts } from "./live-job.ts";
import { networkOf, networkWith, someExecution, someJob, someNode, somePartition } from "./test-records.ts";
import type { StoredJob } from "./store.ts";
import { clock } from "./test-network.ts";

/** What no step of these tests looks at more closely. */
const ports = {
  clock,
  logger: silentLogger,
  options: DEFAULT_REQUESTER_OPTIONS,
  randomness: { bytes: (count: number) => new Uint8Array(count) },
  identity: { nodeId: "requester" },
  answered: () => {},
  happened: () => {},
  learned: () => {},
  took: () => {},
  send: async () => {},
};

/** A job with one execution that is asked, on a store that refuses every write until it is told not to. */
function subject() {
  let isFull = true;
  const commits: number[] = [];
  const fullPorts = {
    ...ports,
    network: () => networkOf(["a"]),
    store: {
      commit: async (writes: readonly unknown[]) => {
        if (isFull) throw new Error("the disk is full");
        commits.push(writes.length);
        return [];
      },
    },
  } as unknown as LiveJobPorts;
  const nowMs = clock.nowMs();
  const live = new LiveJob(
    {
      job: someJob({}, { deadlineMs: nowMs + 600_000 }),
      partitions: [somePartition()],
      executions: [someExecution("a", "asked", { deadlineMs: nowMs + 60_000 })],
    },
    fullPorts,
  );
  return { live, commits, recover: () => (isFull = false) };
}

const decline = { type: "decline", executionId: "e-a", code: "x/y", reason: "no" } as const;

test("what a node repeats while a job can't be stored waits once, and is taken once it can", async () => {
  const { live, commits, recover } = subject();
  for (let time = 0; time < 50; time += 1) {
    const again = [live.answer("a", decline), live.answer("a", decline)];
    await expect(Promise.all(again)).rejects.toThrow("the disk is full");
    live.poke();
    await expect(live.change()).rejects.toThrow("the disk is full");
  }
  // The answer, a look, and a change of the requester's own each time.
  expect(live.waiting).toBe(2 + 50);
  recover();
  await live.change();
  expect([live.waiting, commits.length]).toEqual([0, 1]);
  expect(live.view.executions).toMatchObject([{ state: "declined" }]);
  await live.stop();
});

test("a change that comes to a job as it stops is refused, not called done", async () => {
  const { live, commits, recover } = subject();
  recover();
  const changed = live.change((draft) => draft.changeJob({ desired: "stop", stopReason: "enough" }));
  const stopped = live.stop();
  await expect(changed).rejects.toMatchObject({ code: "requester/stopped" });
  await stopped;
  expect([commits.length, live.view.job.desired]).toEqual([0, "run"]);
});

test("a job that begins to wait looks again at once where a node joined while that was written", async () => {
  const nowMs = clock.nowMs();
  const Timeouts = { QueueTimeout: 60 };
  const task = { Engine: { Type: "noop" }, Publisher: { Type: "memory" }, Timeouts };
  const job = someJob({ Tasks: [task] }, { createdAtMs: nowMs, deadlineMs: nowMs + 600_000 });
  let network = networkWith([], { settledAtMs: nowMs - 1 });
  const { promise: asked, resolve } = Promise.withResolvers<void>();
  const joining = {
    ...ports,
    network: () => network,
    store: {
      commit: async () => {
        network = { ...networkWith([someNode("a", { announcedAtMs: nowMs })]), changes: 1 };
        return [];
      },
    },
    happened: ({ executions }: StoredJob) => executions.length > 0 && resolve(),
  } as unknown as LiveJobPorts;
  const live = new LiveJob({ job, partitions: [somePartition()], executions: [] }, joining);
  await live.change();
  // Less than the time after which it would be looked at anyway.
  await asked;
  expect(live.view.executions).toMatchObject([{ nodeId: "a", state: "asked" }]);
  await live.stop();
}, 10_000);

test("what comes to a large job soon after a step shares the next one, and a stop doesn't wait for it", async () => {
  const rings: (() => void)[] = [];
  let steps = 0;
  const busy = {
    ...ports,
    network: () => networkOf(["a"]),
    store: {
      commit: async () => {
        steps += 1;
        return [];
      },
    },
    clock: {
      nowMs: () => 0,
      setTimer(delayMs: number, callback: () => void) {
        if (delayMs < 1_000) rings.push(callback);
        return { cancel: () => {} };
      },
    },
  } as unknown as LiveJobPorts;
  const executions = Array.from({ length: 500 }, (_, at) => someExecution("a", "asked", { id: `e-${at}` }));
  const live = new LiveJob({ job: someJob(), partitions: [somePartition()], executions }, busy);
  await live.answer("a", { ...decline, executionId: "e-0" });
  expect([steps, rings.length]).toEqual([1, 1]);
  const answers = Array.from({ length: 9 }, async (_, at) => {
    await new Promise((resolve) => setImmediate(resolve));
    await live.answer("a", { ...decline, executionId: `e-${at + 1}` });
  });
  await new Promise((resolve) => setImmediate(resolve));
  await new Promise((resolve) => setImmediate(resolve));
  expect(steps).toBe(1);
  rings[0]?.();
  await Promise.all(answers);
  expect([steps, rings.length]).toEqual([2, 2]);
  const late = live.answer("a", { ...decline, executionId: "e-99" });
  const stopped = live.stop();
  await expect(late).rejects.toMatchObject({ code: "requester/stopped" });
  await stopped;
});
