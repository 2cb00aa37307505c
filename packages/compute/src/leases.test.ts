import { describe, expect, test } from "vitest";
import { testNode } from "./test-node.ts";
import { CAPACITY, LONG, ONE_CORE } from "./test-requester.ts";

type Node = Awaited<ReturnType<typeof testNode>>;

/** Longer than anything is held in these tests. */
const FOR_EVER_MS = 24 * 3_600_000;
const SHORT = { proposalLeaseMs: 10_000, leaseMs: 5000 };

/** What the node still has, in words: nothing, where all is free and every execution has ended. */
async function leftovers(node: Node): Promise<readonly string[]> {
  const left: string[] = [];
  if (!(await node.empty())) left.push("folders");
  if (node.watch.running.size > 0) left.push("runs");
  const { cpuMillis, memoryBytes, diskBytes } = node.compute().offer().availableCapacity;
  if (cpuMillis !== CAPACITY.cpuMillis || memoryBytes !== CAPACITY.memoryBytes) left.push("capacity");
  if (diskBytes !== CAPACITY.diskBytes) left.push("disk");
  for await (const { execution } of node.store.live())
    left.push(`${execution.executionId} ${execution.state}`);
  return left;
}

describe("a requester that vanishes for ever", () => {
  test("while its bid waits holds nothing beyond the lease", async () => {
    const node = await testNode(SHORT);
    await node.requester.bring("e-1", "offered");
    node.network.cut("compute", "requester");
    await node.clock.advance(SHORT.leaseMs + 1);
    expect(await leftovers(node)).toEqual([]);
  });

  test("while its execution waits or runs holds nothing beyond the time to propose", async () => {
    const node = await testNode({ ...SHORT, capacity: { ...CAPACITY, cpuMillis: 1000 } });
    const endless = { engineParams: { ...LONG.engineParams, durationMs: FOR_EVER_MS } };
    for (const id of ["e-runs", "e-waits"]) {
      await node.requester.bring(id, "offered", { ...ONE_CORE, executionTimeoutMs: FOR_EVER_MS }, endless);
      await node.requester.accept(id, { proposeWithinMs: 20_000 });
      await node.clock.advance(10);
    }
    expect(node.compute().describe()).toMatchObject({ running: [{}], queued: [{}] });
    node.network.cut("compute", "requester");
    await node.clock.advance(20_001);
    expect(await node.empty()).toBe(true);
    expect([await node.state("e-runs"), await node.state("e-waits")]).toEqual(["failed", "failed"]);
  });

  test("before its verdict holds nothing beyond the result's lease", async () => {
    const node = await testNode(SHORT);
    await node.requester.bring("e-1", "proposed");
    node.network.cut("compute", "requester");
    await node.clock.advance(SHORT.proposalLeaseMs + 1);
    expect(await leftovers(node)).toEqual([]);
  });

  test("after its verdict holds no capacity beyond the time to publish", async () => {
    const node = await testNode(SHORT);
    node.watch.publishHangs = true;
    await node.requester.bring("e-1", "proposed");
    await node.requester.verify("e-1");
    await node.clock.advance(10);
    node.network.cut("compute", "requester");
    await node.clock.advance(60_001);
    expect(await leftovers(node)).toEqual([]);
    expect(node.watch.published.size).toBe(0);
  });

  test("holds nothing for longer than the operator allows, whatever it said", async () => {
    const node = await testNode({ ...SHORT, maxHoldMs: 30_000 });
    const endless = { engineParams: { ...LONG.engineParams, durationMs: FOR_EVER_MS } };
    await node.requester.bring("e-1", "offered", { executionTimeoutMs: FOR_EVER_MS }, endless);
    await node.requester.accept("e-1", { proposeWithinMs: FOR_EVER_MS });
    await node.clock.advance(30_001);
    expect(await leftovers(node)).toEqual([]);
  });
});

/** What a requester does with an execution, as far as its messages are answered. */
const STORIES: Readonly<Record<string, (node: Node) => Promise<void>>> = {
  "that is published": async ({ requester, clock }) => {
    await requester.ask("e-1");
    await clock.advance(10);
    if (requester.all("bid", "e-1").length > 0) await requester.accept("e-1");
    await clock.advance(3000);
    if (requester.all("propose", "e-1").length > 0) await requester.verify("e-1");
    await clock.advance(3000);
  },
  "that is refuted": async ({ requester, clock }) => {
    await requester.ask("e-1");
    await clock.advance(10);
    if (requester.all("bid", "e-1").length > 0) await requester.accept("e-1");
    await clock.advance(3000);
    if (requester.all("propose", "e-1").length > 0) await requester.refute("e-1");
    await clock.advance(3000);
  },
  "that is rejected": async ({ requester, clock }) => {
    await requester.ask("e-1");
    await clock.advance(10);
    await requester.reject("e-1");
  },
  "that is cancelled while it runs": async ({ requester, clock }) => {
    await requester.ask("e-1", {}, LONG);
    await clock.advance(10);
    if (requester.all("bid", "e-1").length > 0) await requester.accept("e-1");
    await clock.advance(3000);
    await requester.cancel("e-1");
    // The store refuses one write: it is tried again before anyone would notice.
    await clock.advance(1500);
  },
};

describe("a store that refuses one write", () => {
  test.each(Object.entries(STORIES))(
    "of an execution %s leaks nothing, whichever it is",
    async (_, story) => {
      const play = async (refuses: (commit: number) => boolean): Promise<number> => {
        const node = await testNode(SHORT);
        node.watch.refuses = refuses;
        await story(node);
        await node.clock.advance(FOR_EVER_MS / 24);
        expect(await leftovers(node)).toEqual([]);
        return node.watch.commits;
      };
      const commits = await play(() => false);
      expect(commits).toBeGreaterThan(1);
      for (let refused = 0; refused < commits; refused += 1) await play((commit) => commit === refused);
    },
  );

  test("that would end a cancelled run is asked again, so that the run ends within two seconds", async () => {
    const node = await testNode();
    await node.requester.bring("e-1", "running", {}, LONG);
    node.watch.commitErrors.push(new Error("the disk is full"));
    await node.requester.cancel("e-1");
    await node.clock.advance(2000);
    expect(await node.state("e-1")).toBe("cancelled");
    expect(await leftovers(node)).toEqual([]);
  });

  test("for as long as it is full leaks nothing once it isn't", async () => {
    const node = await testNode(SHORT);
    await node.requester.bring("e-1", "running", {}, LONG);
    node.watch.refuses = () => true;
    await node.requester.cancel("e-1");
    await node.clock.advance(60_000);
    expect(await node.state("e-1")).toBe("running");
    node.watch.refuses = () => false;
    await node.clock.advance(2000);
    expect(await leftovers(node)).toEqual([]);
  });
});

describe("a flood of asks", () => {
  test("by one requester is answered, and promises it no more than its share", async () => {
    const node = await testNode({ ...SHORT, reservationsPerRequester: 20 });
    const ids = Array.from({ length: 500 }, (_, index) => `e-${index}`);
    for (const id of ids)
      await node.requester.ask(id, { resources: { ...ONE_CORE.resources, cpuMillis: 10 } });
    for (const id of ids) await node.clock.until("an answer", () => node.requester.types(id).length > 0);
    expect(node.compute().describe().offered).toBe(20);
    const declined = ids.flatMap((id) => node.requester.all("decline", id));
    expect(declined).toHaveLength(480);
    expect(new Set(declined.map(({ code }) => code))).toEqual(new Set(["compute/too-many-reservations"]));
    const other = await node.join("other");
    await other.bring("e-1", "published");
    await node.clock.advance(SHORT.leaseMs + 1);
    expect(await leftovers(node)).toEqual([]);
  });
});
