import { describe, expect, test } from "vitest";
import { syncOf, testNode } from "./test-node.ts";

type Node = Awaited<ReturnType<typeof testNode>>;

/** The publications that the node told of in its last sync. */
function told({ requester }: Node): readonly string[] {
  const sync = requester.inbox.findLast((message) => message.type === "sync");
  return sync?.type === "sync" ? sync.executions.filter((e) => e.state === "published").map((e) => e.id) : [];
}

async function connectAgain(node: Node): Promise<void> {
  node.network.cut("compute", "requester");
  node.requester.inbox.length = 0;
  await node.requester.cancel("e-none");
  await node.clock.advance(10);
}

describe("a publication", () => {
  test("is told of again, in every sync and after a restart, until its requester has answered", async () => {
    const node = await testNode({ syncIntervalMs: 60_000 });
    await node.requester.bring("e-1", "published");
    node.requester.inbox.length = 0;
    await node.clock.advance(60_001);
    expect(told(node)).toEqual(["e-1"]);
    await node.clock.advance(3_600_000);
    await node.crash();
    await connectAgain(node);
    expect(told(node)).toEqual(["e-1"]);
    await node.requester.send(syncOf("e-1", "published"));
    await node.clock.advance(10);
    await connectAgain(node);
    expect(told(node)).toEqual([]);
    expect(node.watch.retracted).toEqual([]);
  });

  test("that its requester ended otherwise is taken back, though the cancellation was lost at first", async () => {
    const node = await testNode();
    await node.requester.bring("e-1", "published");
    await node.clock.advance(24 * 60_000);
    await node.crash();
    await connectAgain(node);
    expect(told(node)).toEqual(["e-1"]);
    await node.requester.cancel("e-1");
    await node.clock.until("taken back", () => node.watch.retracted.length === 1);
    await connectAgain(node);
    expect(told(node)).toEqual([]);
    expect(node.watch.published.size).toBe(0);
  });

  test("that can't be taken back at once is told of, and taken back, again", async () => {
    const node = await testNode();
    await node.requester.bring("e-1", "published");
    node.watch.retractErrors.push(new Error("the store is busy"));
    await node.requester.cancel("e-1");
    await node.clock.advance(10);
    expect(node.watch.published.size).toBe(1);
    await connectAgain(node);
    expect(told(node)).toEqual(["e-1"]);
    await node.requester.cancel("e-1");
    await node.clock.until("taken back", () => node.watch.published.size === 0);
  });

  test("that nobody ever confirms is forgotten with its row, and the oldest of too many", async () => {
    const node = await testNode({ maxRecent: 2, keepEndedMs: 3_600_000 });
    for (const id of ["e-1", "e-2", "e-3"]) {
      await node.requester.bring(id, "published");
      await node.clock.advance(1000);
    }
    await connectAgain(node);
    expect(told(node)).toEqual(["e-2", "e-3"]);
    expect(node.watch.metrics.get("gadus_compute_unconfirmed_publications_total")).toBe(1);
    await node.clock.advance(3_600_000);
    await node.requester.bring("e-4", "published");
    await connectAgain(node);
    expect(told(node)).toEqual(["e-4"]);
  });
});

describe("a result whose execution is cancelled while it is published", () => {
  test("is taken back, as often as it takes", async () => {
    const node = await testNode();
    node.watch.publishHangs = true;
    await node.requester.bring("e-1", "proposed");
    await node.requester.verify("e-1");
    await node.clock.advance(10);
    node.watch.retractErrors.push(new Error("busy"), new Error("busy"));
    await node.requester.cancel("e-1");
    await node.clock.advance(5000);
    expect(node.watch.retracted).toEqual(["requester.e-1"]);
    expect(await node.empty()).toBe(true);
  });

  test("is taken back at the next start where the node died before it could", async () => {
    const node = await testNode();
    node.watch.publishHangs = true;
    await node.requester.bring("e-1", "proposed");
    await node.requester.verify("e-1");
    await node.clock.advance(10);
    node.watch.retractErrors.push(...Array.from({ length: 3 }, () => new Error("busy")));
    await node.requester.cancel("e-1");
    await node.clock.until("cancelled", () => node.watch.retractErrors.length === 2);
    node.watch.retractErrors.length = 0;
    await node.crash();
    await node.clock.until("taken back", () => node.watch.retracted.length === 1);
    expect(await node.empty()).toBe(true);
  });
});
