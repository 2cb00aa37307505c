import { describe, expect, test } from "vitest";
import { testNode } from "./test-node.ts";
import { CAPACITY, LONG, ONE_CORE } from "./test-requester.ts";

describe("cancel", () => {
  test.each(["offered", "running", "proposed"] as const)("in %s lets go of everything", async (state) => {
    const node = await testNode();
    await node.requester.bring("e-1", state, {}, state === "running" ? LONG : {});
    await node.requester.cancel("e-1");
    expect(await node.empty()).toBe(true);
    expect(await node.state("e-1")).toBe("cancelled");
    expect(node.watch.running.size).toBe(0);
  });

  test("in verified ends the publication, and takes it back", async () => {
    const node = await testNode();
    node.watch.publishHangs = true;
    await node.requester.bring("e-1", "proposed");
    await node.requester.verify("e-1");
    await node.clock.advance(1000);
    await node.requester.cancel("e-1");
    expect(await node.empty()).toBe(true);
    expect(await node.state("e-1")).toBe("cancelled");
    expect(node.watch.retracted).toEqual(["requester.e-1"]);
  });

  test("in the queue lets the next one run", async () => {
    const node = await testNode({ capacity: { ...CAPACITY, cpuMillis: 1000 } });
    await node.requester.bring("e-1", "running", ONE_CORE, LONG);
    for (const id of ["e-2", "e-3"]) {
      await node.requester.bring(id, "offered", ONE_CORE);
      await node.requester.accept(id);
    }
    await node.clock.until("both wait", () => node.compute().describe().queued.length === 2);
    await node.requester.cancel("e-2");
    await node.clock.until("one waits", () => node.compute().describe().queued.length === 1);
    await node.requester.cancel("e-1");
    await node.requester.receives("propose", "e-3");
    expect(node.requester.all("start", "e-2")).toEqual([]);
  });

  test("that crosses a publication takes the result back", async () => {
    const node = await testNode();
    await node.requester.bring("e-1", "published");
    await node.requester.cancel("e-1");
    await node.clock.until("retracted", () => node.watch.retracted.length === 1);
    expect(node.watch.published.size).toBe(0);
    expect(await node.state("e-1")).toBe("published");
  });

  test("by a requester for which the execution is over leaves its publication", async () => {
    const node = await testNode();
    await node.requester.bring("e-1", "published");
    await node.requester.cancel("e-1", "requester/lost-execution");
    await node.clock.advance(1000);
    expect(node.watch.published.size).toBe(1);
    expect(node.watch.retracted).toEqual([]);
  });

  test("of an unknown execution does nothing", async () => {
    const node = await testNode();
    await node.requester.cancel("e-1");
    await node.clock.advance(1000);
    expect(node.requester.inbox).toEqual([]);
  });
});

describe("time", () => {
  test("a bid that isn't accepted expires with its lease", async () => {
    const node = await testNode({ leaseMs: 5000 });
    await node.requester.bring("e-1", "offered");
    expect(node.requester.last("bid", "e-1").leaseMs).toBe(5000);
    await node.clock.advance(4999);
    expect(await node.state("e-1")).toBe("offered");
    await node.clock.advance(2);
    expect(node.requester.last("fail", "e-1")).toMatchObject({
      code: "compute/lease-expired",
      blame: "nobody",
    });
    expect(await node.empty()).toBe(true);
    await node.requester.accept("e-1");
    await node.requester.receives("fail", "e-1", 2);
    expect(node.watch.runs).toEqual([]);
  });

  test("an execution that runs too long fails by its job's fault", async () => {
    const node = await testNode();
    await node.requester.bring("e-1", "running", { executionTimeoutMs: 3000 }, LONG);
    await node.clock.advance(3001);
    expect(await node.requester.receives("fail", "e-1")).toMatchObject({
      code: "compute/timed-out",
      blame: "job",
      reason: expect.stringContaining("3 s (ExecutionTimeout)"),
    });
    expect(await node.empty()).toBe(true);
  });

  test("an execution that can't propose in time fails by nobody's fault", async () => {
    const node = await testNode();
    await node.requester.ask("e-1", {}, LONG);
    await node.requester.receives("bid", "e-1");
    await node.requester.accept("e-1", { proposeWithinMs: 2000 });
    await node.requester.receives("start", "e-1");
    await node.clock.advance(2001);
    expect(await node.requester.receives("fail", "e-1")).toMatchObject({
      code: "compute/proposal-late",
      blame: "nobody",
    });
    expect(await node.empty()).toBe(true);
    expect(node.watch.running.size).toBe(0);
  });

  test("a result without a verdict is kept for its lease, and no longer", async () => {
    const node = await testNode({ proposalLeaseMs: 10_000 });
    await node.requester.bring("e-1", "proposed");
    await node.clock.advance(10_001);
    expect(await node.requester.receives("fail", "e-1")).toMatchObject({ code: "compute/verdict-late" });
    expect(await node.empty()).toBe(true);
  });

  test("a publication that takes too long fails by the node's fault", async () => {
    const node = await testNode();
    node.watch.publishHangs = true;
    await node.requester.bring("e-1", "proposed");
    await node.requester.verify("e-1");
    await node.clock.advance(60_001);
    expect(await node.requester.receives("fail", "e-1")).toMatchObject({
      code: "compute/publication-late",
      blame: "node",
    });
    expect(await node.empty()).toBe(true);
  });

  test("ended executions are forgotten after a while", async () => {
    const node = await testNode({ keepEndedMs: 1000, purgeIntervalMs: 5000 });
    await node.requester.bring("e-1", "published");
    await node.clock.advance(6000);
    expect(await node.state("e-1")).toBeUndefined();
  });
});

describe("the queue", () => {
  test("runs by priority, then by age, and never more than fits", async () => {
    const node = await testNode({ capacity: { ...CAPACITY, cpuMillis: 1000 } });
    await node.requester.bring("e-0", "running", ONE_CORE, LONG);
    for (const [id, priority] of [
      ["e-1", 0],
      ["e-2", 5],
      ["e-3", 0],
      ["e-4", 5],
    ] as const) {
      await node.requester.bring(id, "offered", { ...ONE_CORE, priority });
      await node.requester.accept(id);
    }
    await node.clock.until("all wait", () => node.compute().describe().queued.length === 4);
    expect(node.compute().offer().queuedExecutions).toBe(4);
    await node.clock.advance(10_001);
    for (const id of ["e-0", "e-1", "e-2", "e-3", "e-4"]) await node.requester.receives("propose", id);
    expect(node.watch.runs.map((run) => run.executionId.split(".")[1])).toEqual([
      "e-0",
      "e-2",
      "e-4",
      "e-1",
      "e-3",
    ]);
    expect(node.watch.maxRunning).toBe(1);
  });

  test("declines what neither fits nor may wait", async () => {
    const node = await testNode({ capacity: { ...CAPACITY, cpuMillis: 1000 }, queueLimit: 1 });
    await node.requester.bring("e-1", "running", ONE_CORE, LONG);
    await node.requester.bring("e-2", "offered", ONE_CORE);
    await node.requester.ask("e-3", ONE_CORE);
    expect(await node.requester.receives("decline", "e-3")).toMatchObject({
      code: "compute/queue-full",
      reason: expect.stringContaining("its queue takes 1"),
    });
  });
});
