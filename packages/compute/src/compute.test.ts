import { describe, expect, test } from "vitest";
import { syncOf, testNode } from "./test-node.ts";
import { CAPACITY, makeDetails } from "./test-requester.ts";

const LONG = { engineParams: { stdout: "late\n", exitCode: 0, durationMs: 10_000 } };
const ONE_CORE = { resources: { cpuMillis: 1000, memoryBytes: 0, diskBytes: 0, gpus: 0 } };

describe("a compute node", () => {
  test("takes an execution from ask to publication", async () => {
    const node = await testNode();
    const { requester, watch } = node;
    await requester.bring("e-1", "published");
    expect(requester.types("e-1")).toEqual(["bid", "start", "propose", "publish"]);
    const proposal = await requester.proposal("e-1");
    expect(requester.last("publish", "e-1").publication.params).toEqual({ cid: proposal.cid });
    expect([...watch.published.values()]).toMatchObject([{ digest: proposal.digest }]);
    expect(await node.empty()).toBe(true);
    const events = await node.store.events({ executionId: "e-1", afterSeq: 0, limit: 10 });
    expect(events.map((event) => event.details["state"])).toEqual([
      "offered",
      "accepted",
      "running",
      "proposed",
      "verified",
      "published",
    ]);
  });

  test("presents inputs where the details mount them", async () => {
    const { requester, watch } = await testNode();
    const source = { type: "memory", params: { name: "sample", cid: "bafyinput" } };
    await requester.bring(
      "e-1",
      "proposed",
      { inputs: [{ source }] },
      { mounts: [{ target: "/in", alias: "" }] },
    );
    expect(watch.runs[0]?.inputs).toMatchObject([{ target: "/in", cid: "bafyinput" }]);
  });

  test.each([
    ["none", { GADUS_JOB_ID: "j-1", GADUS_EXECUTION_ID: "e-1", BACALHAU_EXECUTION_ID: "e-1" }],
    ["deterministic", { GADUS_JOB_ID: "j-1" }],
  ])(
    "gives the environment its execution's id only where results aren't compared: %s",
    async (verifier, expected) => {
      const { requester, watch } = await testNode();
      await requester.bring("e-1", "proposed", { verifier });
      expect(watch.runs[0]?.task.details.environment).toEqual(expected);
    },
  );

  test("publishes nothing before the verdict", async () => {
    const { requester, clock, watch } = await testNode();
    await requester.bring("e-1", "proposed");
    await clock.advance(60_000);
    expect(watch.published.size).toBe(0);
  });

  test("throws a refuted result away", async () => {
    const node = await testNode();
    await node.requester.bring("e-1", "proposed");
    await node.requester.refute("e-1");
    expect(await node.empty()).toBe(true);
    expect(await node.state("e-1")).toBe("refuted");
    expect(node.watch.published.size).toBe(0);
  });

  test("frees the place of a rejected bid", async () => {
    const node = await testNode();
    await node.requester.bring("e-1", "offered");
    expect(node.compute().describe().offered).toBe(1);
    await node.requester.reject("e-1");
    expect(await node.empty()).toBe(true);
    expect(await node.state("e-1")).toBe("rejected");
  });

  test("declines with the limit and the number", async () => {
    const { requester } = await testNode();
    await requester.ask("e-1", { resources: { ...CAPACITY, memoryBytes: 4096 } });
    expect(await requester.receives("decline", "e-1")).toMatchObject({
      code: "compute/too-large",
      reason: expect.stringContaining("4096 bytes of memory are more than 2048"),
    });
    await requester.ask("e-2", { inputs: [{ source: { type: "memory", params: { name: "missing" } } }] });
    expect(await requester.receives("decline", "e-2")).toMatchObject({ code: "compute/input-unavailable" });
    await requester.ask("e-3", { engine: "docker", profile: "docker/1" });
    expect(await requester.receives("decline", "e-3")).toMatchObject({
      code: "compute/unsupported-engine",
      reason: expect.stringContaining("no engine answers"),
    });
  });

  test("declines an id that can't name a folder", async () => {
    const { requester } = await testNode();
    await requester.ask("../e.1");
    expect(await requester.receives("decline", "../e.1")).toMatchObject({ code: "compute/invalid-ask" });
  });

  test("keeps the same id of two requesters apart", async () => {
    const node = await testNode();
    const other = await node.join("other");
    await Promise.all([node.requester.bring("e-1", "offered"), other.bring("e-1", "offered")]);
    await other.cancel("e-1");
    await node.clock.until("one place is free", () => node.compute().describe().offered === 1);
    expect(await node.state("e-1")).toBe("offered");
    await other.accept("e-1");
    await node.requester.accept("e-1");
    await node.requester.receives("propose", "e-1");
    expect(other.all("propose", "e-1")).toEqual([]);
  });

  test("bids no more than the cap for one requester, and still for another", async () => {
    const node = await testNode({ reservationsPerRequester: 1 });
    await node.requester.bring("e-1", "offered");
    await node.requester.ask("e-2");
    expect(await node.requester.receives("decline", "e-2")).toMatchObject({
      code: "compute/too-many-reservations",
    });
    const other = await node.join("other");
    await other.bring("e-1", "offered");
  });

  test("announces its offer soon after it changed, once for many changes", async () => {
    const node = await testNode();
    let changes = 0;
    const end = node.compute().onOfferChanged(() => {
      changes += 1;
    });
    await node.requester.bring("e-1", "proposed");
    await node.clock.advance(1000);
    expect(changes).toBe(1);
    expect(node.compute().offer()).toMatchObject({ runningExecutions: 0, maxCapacity: CAPACITY });
    end();
  });
});

describe("an acceptance", () => {
  test.each([
    ["of other details", { details: makeDetails({ name: "other" }) }],
    ["with another salt", { salt: new Uint8Array(32) }],
    ["that mounts what isn't there", { details: makeDetails({ mounts: [{ target: "/x", alias: "" }] }) }],
    ["with a broken signature", { statement: { payload: new Uint8Array(9), signature: new Uint8Array(9) } }],
    ["with too many blocks", { blocks: [{ cid: "bafy", bytes: new Uint8Array(300_000) }] }],
  ])("%s ends the reservation", async (_, change) => {
    const node = await testNode();
    await node.requester.bring("e-1", "offered");
    await node.requester.accept("e-1", change);
    expect(await node.requester.receives("fail", "e-1")).toMatchObject({
      code: "compute/invalid-acceptance",
    });
    expect(await node.empty()).toBe(true);
    expect(node.watch.runs).toEqual([]);
  });

  test("signed for another execution, or for another node, ends the reservation", async () => {
    const node = await testNode();
    for (const [id, about] of [
      ["e-1", { executionId: "e-other" }],
      ["e-2", { compute: "other" }],
    ] as const) {
      await node.requester.bring(id, "offered");
      await node.requester.accept(id, {
        statement: await node.requester.sign(id, { kind: "acceptance" }, about),
      });
      expect(await node.requester.receives("fail", id)).toMatchObject({ code: "compute/invalid-acceptance" });
    }
  });

  test("from a node that never asked finds nothing", async () => {
    const node = await testNode();
    const stranger = await node.join("stranger");
    await node.requester.bring("e-1", "offered");
    const details = makeDetails();
    const statement = await node.requester.sign("e-1", { kind: "acceptance" });
    await stranger.send({
      type: "accept",
      executionId: "e-1",
      details,
      salt: new Uint8Array(32).fill(7),
      statement,
      blocks: [],
      proposeWithinMs: 1000,
    });
    await node.clock.until("it hears that", () => stranger.inbox.length > 0);
    expect(stranger.inbox).toEqual([{ type: "lost", executionIds: ["e-1"] }]);
    expect(await node.state("e-1")).toBe("offered");
  });

  test("with a block that isn't its CID fails the execution", async () => {
    const node = await testNode();
    const { cid } = await node.content.add(new TextEncoder().encode("right"));
    await node.requester.bring("e-1", "offered");
    await node.requester.accept("e-1", { blocks: [{ cid, bytes: new TextEncoder().encode("wrong") }] });
    expect(await node.requester.receives("fail", "e-1")).toMatchObject({ code: "storage/invalid-block" });
    expect(await node.empty()).toBe(true);
  });
});

describe("a verdict", () => {
  test.each([
    ["about another digest", { digest: "h1:other" }],
    ["about another CID", { cid: "bafyother" }],
    ["that says refuted", { verified: false }],
  ])("%s doesn't publish", async (_, change) => {
    const node = await testNode();
    await node.requester.bring("e-1", "proposed");
    await node.requester.verify("e-1", change);
    await node.clock.advance(1000);
    expect(node.watch.published.size).toBe(0);
    expect(await node.state("e-1")).toBe("proposed");
    await node.requester.verify("e-1");
    await node.requester.receives("publish", "e-1");
  });

  test("refuting another result throws nothing away", async () => {
    const node = await testNode();
    await node.requester.bring("e-1", "proposed");
    await node.requester.refute("e-1", { digest: "h1:other" });
    await node.clock.advance(1000);
    expect(await node.state("e-1")).toBe("proposed");
  });

  test("on a result that can't be published fails the execution, and takes back what was served", async () => {
    const node = await testNode();
    node.watch.publishError = new Error("no room");
    await node.requester.bring("e-1", "proposed");
    await node.requester.verify("e-1");
    expect(await node.requester.receives("fail", "e-1")).toMatchObject({ reason: "no room", blame: "node" });
    expect(await node.empty()).toBe(true);
    expect(node.watch.retracted).toEqual(["requester.e-1"]);
  });
});

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
      reason: expect.stringContaining("3000 ms"),
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
    expect((await node.store.get("requester", "e-1"))?.execution.runs).toBe(2);
  });

  test("gives up on an execution that was begun too often", async () => {
    const node = await testNode({ maxRuns: 2 });
    await node.requester.bring("e-1", "running", {}, LONG);
    await node.restart();
    await node.clock.until("it runs again", () => node.watch.running.size === 1);
    await node.restart();
    expect(await node.empty()).toBe(true);
    expect((await node.store.get("requester", "e-1"))?.execution.failure?.code).toBe(
      "compute/restarted-too-often",
    );
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

test("a thousand executions that fail leave the node alive and empty", async () => {
  const node = await testNode();
  const ids = Array.from({ length: 1000 }, (_, index) => `e-${index}`);
  const source = { type: "memory", params: { name: "sample" } };
  for (let start = 0; start < ids.length; start += 100) {
    const batch = ids.slice(start, start + 100);
    await Promise.all(
      batch.map(async (id, index) => {
        const wrongEngineParams = { engineParams: { stdout: 7 } };
        const terms = index % 2 === 0 ? {} : { inputs: [{ source }] };
        const mounts = index % 2 === 0 ? [] : [{ target: "/in", alias: "" }];
        await node.requester.ask(id, { ...terms, priority: index % 3 }, { ...wrongEngineParams, mounts });
      }),
    );
    for (const id of batch) await node.requester.receives("bid", id);
    await Promise.all(batch.map((id) => node.requester.accept(id)));
    for (const id of batch) {
      expect(await node.requester.receives("fail", id)).toMatchObject({
        code: "executor/invalid-params",
        blame: "job",
      });
    }
  }
  expect(await node.empty()).toBe(true);
  expect(node.watch.maxRunning).toBeLessThanOrEqual(2);
  await node.requester.bring("e-good", "published");
});
