import { describe, expect, test } from "vitest";
import { syncOf, testNode } from "./test-node.ts";
import { CAPACITY, LONG, ONE_CORE } from "./test-requester.ts";

describe("repeated messages", () => {
  test("are answered again and change nothing", async () => {
    const node = await testNode();
    const { requester } = node;
    await requester.bring("e-1", "offered");
    await requester.ask("e-1");
    await requester.receives("bid", "e-1", 2);
    expect(node.compute().describe().offered).toBe(1);
    await requester.accept("e-1");
    await requester.receives("propose", "e-1");
    await requester.accept("e-1");
    await requester.receives("propose", "e-1", 2);
    await requester.verify("e-1");
    await requester.receives("publish", "e-1");
    await requester.verify("e-1");
    await requester.receives("publish", "e-1", 2);
    expect(node.watch.runs).toHaveLength(1);
    expect(requester.all("publish", "e-1")[1]).toEqual(requester.all("publish", "e-1")[0]);
    expect(await node.empty()).toBe(true);
  });

  test("out of order are ignored and counted", async () => {
    const node = await testNode();
    await node.requester.bring("e-1", "running", {}, LONG);
    await node.requester.reject("e-1");
    await node.clock.advance(0);
    expect(await node.state("e-1")).toBe("running");
    expect(node.watch.metrics.get("gadus_compute_ignored_messages_total illegal")).toBe(1);
  });
});

describe("sync", () => {
  test("sends a requester that is behind every arrow that it missed", async () => {
    const node = await testNode();
    const { requester } = node;
    await requester.bring("e-1", "proposed");
    for (const [state, expected] of [
      ["asked", ["bid", "start", "propose"]],
      ["accepted", ["start", "propose"]],
      ["running", ["propose"]],
      ["proposed", []],
    ] as const) {
      const before = requester.types("e-1").length;
      await requester.send(syncOf("e-1", state));
      await node.clock.advance(10);
      expect(requester.types("e-1").slice(before)).toEqual(expected);
    }
  });

  test("heals what the transport refused to send, which is counted", async () => {
    const node = await testNode();
    const { requester } = node;
    node.watch.refusedMessages.add("start").add("propose");
    await requester.bring("e-1", "offered");
    await requester.accept("e-1");
    await node.clock.until("it proposes", () => node.compute().describe().held === 1);
    await node.clock.advance(10);
    expect(requester.types("e-1")).toEqual(["bid"]);
    expect(node.watch.metrics.get("gadus_compute_unsent_messages_total propose")).toBe(1);
    node.watch.refusedMessages.clear();
    await requester.send(syncOf("e-1", "accepted"));
    await requester.receives("propose", "e-1");
    expect(requester.types("e-1")).toEqual(["bid", "start", "propose"]);
  });

  test("tells of ends that were missed", async () => {
    const node = await testNode();
    const { requester } = node;
    await requester.bring("e-1", "published");
    await requester.send(syncOf("e-1", "verified"));
    await requester.receives("publish", "e-1", 2);
    await requester.bring("e-2", "running", { executionTimeoutMs: 1 }, LONG);
    await node.clock.advance(2);
    await requester.send(syncOf("e-2", "accepted"));
    await requester.receives("fail", "e-2", 2);
    expect(requester.types("e-2")).toEqual(["bid", "start", "fail", "start", "fail"]);
  });

  test("reports what it doesn't know as lost, and where it is behind itself", async () => {
    const node = await testNode();
    const { requester } = node;
    await requester.bring("e-1", "offered");
    await requester.send({
      type: "sync",
      party: "requester",
      executions: [
        { id: "e-1", state: "accepted" },
        { id: "e-unknown", state: "running" },
        { id: "../e", state: "running" },
      ],
    });
    await node.clock.until("both answers", () => requester.inbox.length === 3);
    expect(requester.inbox.slice(1)).toEqual([
      { type: "sync", party: "compute", executions: [{ id: "e-1", state: "offered" }] },
      { type: "lost", executionIds: ["e-unknown", "../e"] },
    ]);
  });

  test("is sent on connecting, with what ended of late", async () => {
    const node = await testNode();
    const { requester } = node;
    await requester.bring("e-1", "published");
    await requester.bring("e-2", "offered");
    node.network.cut("compute", "requester");
    requester.inbox.length = 0;
    await requester.cancel("e-none");
    await node.clock.until("a sync", () => requester.inbox.length > 0);
    expect(requester.inbox).toEqual([
      {
        type: "sync",
        party: "compute",
        executions: [
          { id: "e-1", state: "published" },
          { id: "e-2", state: "offered" },
        ],
      },
    ]);
  });
});

describe("a restart", () => {
  test("holds an offer, and takes its acceptance", async () => {
    const node = await testNode();
    await node.requester.bring("e-1", "offered");
    await node.restart();
    expect(node.compute().describe().offered).toBe(1);
    await node.requester.accept("e-1");
    await node.requester.receives("propose", "e-1");
  });

  test("ends an offer whose lease expired meanwhile", async () => {
    const node = await testNode({ leaseMs: 1000 });
    await node.requester.bring("e-1", "offered");
    await node.restart(() => node.clock.advance(2000));
    expect(await node.empty()).toBe(true);
    expect(await node.state("e-1")).toBe("failed");
  });

  test("runs again what ran, and keeps the queue's order", async () => {
    const node = await testNode({ capacity: { ...CAPACITY, cpuMillis: 1000 } });
    await node.requester.bring("e-1", "running", ONE_CORE, LONG);
    for (const id of ["e-2", "e-3"]) {
      await node.requester.bring(id, "offered", ONE_CORE);
      await node.requester.accept(id);
    }
    await node.clock.until("both wait", () => node.compute().describe().queued.length === 2);
    await node.restart();
    expect(await node.state("e-1")).toBe("running");
    await node.clock.advance(10_001);
    for (const id of ["e-1", "e-2", "e-3"]) await node.requester.receives("propose", id);
    const order = node.watch.runs.map((run) => run.executionId.split(".")[1]);
    expect(order).toEqual(["e-1", "e-1", "e-2", "e-3"]);
  });

  test("keeps the order of the queue: by acceptance, less what the priority is worth", async () => {
    const node = await testNode({ capacity: { ...CAPACITY, cpuMillis: 1000 }, agePerPriorityMs: 1000 });
    const long = { engineParams: { ...LONG.engineParams, durationMs: 60_000 } };
    await node.requester.bring("e-0", "running", ONE_CORE, long);
    for (const [id, priority] of [
      ["e-low", 0],
      ["e-newer", 0],
      ["e-high", 2],
    ] as const) {
      await node.requester.bring(id, "offered", { ...ONE_CORE, priority });
      await node.requester.accept(id);
      await node.clock.until("it waits", () =>
        node
          .compute()
          .describe()
          .queued.some((e) => e.executionId === id),
      );
      await node.clock.advance(1500);
    }
    await node.crash();
    await node.clock.advance(60_001);
    for (const id of ["e-low", "e-newer", "e-high"]) await node.requester.receives("propose", id);
    const order = node.watch.runs.map((run) => run.executionId.split(".")[1]);
    expect(order).toEqual(["e-0", "e-0", "e-low", "e-high", "e-newer"]);
  });

  test("gives up on an execution that was begun too often, and blames nobody", async () => {
    const node = await testNode({ maxRuns: 2 });
    await node.requester.bring("e-1", "running", {}, LONG);
    await node.crash();
    await node.clock.until("it runs again", () => node.watch.running.size === 1);
    await node.crash();
    expect(await node.empty()).toBe(true);
    expect((await node.store.get("requester", "e-1"))?.execution.failure).toMatchObject({
      code: "compute/restarted-too-often",
      blame: "nobody",
    });
  });

  test("that was clean doesn't count as a run", async () => {
    const node = await testNode({ maxRuns: 2 });
    await node.requester.bring("e-1", "running", {}, LONG);
    for (let restarts = 0; restarts < 4; restarts += 1) {
      await node.restart();
      await node.clock.until("it runs again", () => node.watch.running.size === 1);
      expect((await node.store.get("requester", "e-1"))?.execution.runs).toBe(1);
    }
    await node.clock.advance(10_001);
    await node.requester.receives("propose", "e-1");
  });

  test("keeps a result until its verdict", async () => {
    const node = await testNode();
    await node.requester.bring("e-1", "proposed");
    await node.restart();
    await node.requester.verify("e-1");
    await node.requester.receives("publish", "e-1");
    expect(await node.empty()).toBe(true);
  });

  test("publishes what was verified and not yet published", async () => {
    const node = await testNode();
    node.watch.publishHangs = true;
    await node.requester.bring("e-1", "proposed");
    await node.requester.verify("e-1");
    await node.clock.advance(1000);
    expect(await node.state("e-1")).toBe("verified");
    await node.restart(async () => {
      node.watch.publishHangs = false;
    });
    await node.requester.receives("publish", "e-1");
    expect(await node.empty()).toBe(true);
  });

  test("remembers ends, and removes folders of nobody", async () => {
    const node = await testNode();
    await node.requester.bring("e-1", "published");
    await node.restart(async () => {
      await node.scratch.create("requester.e-orphan");
    });
    expect(await node.empty()).toBe(true);
    await node.requester.verify("e-1");
    await node.requester.receives("publish", "e-1", 2);
    await node.requester.ask("e-1");
    await node.requester.receives("bid", "e-1", 2);
    expect(node.compute().describe().offered).toBe(0);
  });
});

describe("stop()", () => {
  test("leaves what ran as it is, and takes no more", async () => {
    const node = await testNode();
    await node.requester.bring("e-1", "running", {}, LONG);
    await node.stop();
    expect(await node.state("e-1")).toBe("running");
    expect(node.watch.running.size).toBe(0);
    await expect(node.compute().start()).rejects.toMatchObject({ code: "compute/stopping" });
    await node.compute().stop();
  });
});

describe("durability", () => {
  test("says nothing before it is written", async () => {
    const node = await testNode();
    let open = (): void => {};
    node.watch.commitGate = new Promise((resolve) => {
      open = resolve;
    });
    await node.requester.ask("e-1");
    await node.clock.advance(1000);
    expect(node.requester.inbox).toEqual([]);
    open();
    await node.requester.receives("bid", "e-1");
  });

  test("proposes only what is on the disk", async () => {
    const node = await testNode();
    let open = (): void => {};
    node.watch.syncGate = new Promise((resolve) => {
      open = resolve;
    });
    await node.requester.bring("e-1", "running");
    await node.clock.advance(1000);
    expect(node.requester.types("e-1")).toEqual(["bid", "start"]);
    open();
    await node.requester.receives("propose", "e-1");
  });

  test("keeps the files of a result until its publication survives a power loss", async () => {
    const node = await testNode();
    const durable = Promise.withResolvers<void>();
    node.watch.durableGate = durable.promise;
    await node.requester.bring("e-1", "published");
    expect(await node.empty()).toBe(false);
    durable.resolve();
    expect(await node.empty()).toBe(true);
  });

  test("declines, and holds nothing, where the reservation can't be written", async () => {
    const node = await testNode();
    node.watch.commitErrors.push(new Error("disk full"));
    await node.requester.ask("e-1");
    expect(await node.requester.receives("decline", "e-1")).toMatchObject({ code: "compute/overloaded" });
    expect(await node.empty()).toBe(true);
  });

  test("can be accepted again after an acceptance couldn't be written", async () => {
    const node = await testNode();
    await node.requester.bring("e-1", "offered");
    node.watch.commitErrors.push(new Error("disk full"));
    await node.requester.accept("e-1");
    await node.clock.advance(10);
    expect(node.watch.runs).toEqual([]);
    await node.requester.accept("e-1");
    await node.requester.receives("propose", "e-1");
  });

  test("proposes once it can write again", async () => {
    const node = await testNode();
    await node.requester.bring("e-1", "running", {}, LONG);
    node.watch.commitErrors.push(new Error("disk full"), new Error("disk full"));
    await node.clock.advance(20_000);
    await node.requester.receives("propose", "e-1");
    expect(node.watch.runs).toHaveLength(1);
  });
});
