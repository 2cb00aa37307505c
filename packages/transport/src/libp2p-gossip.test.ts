import { type Announcement, encodeValue, type JobEvent } from "@gadus/protocol";
import { multiaddr } from "@multiformats/multiaddr";
import { afterEach, describe, expect, test } from "vitest";
import { JOBS_TOPIC, NODES_TOPIC } from "./gossip.ts";
import { startNode, startStranger, stopAll, type TestNode } from "./libp2p-fixture.ts";
import type { GadusLibp2p } from "./libp2p-node.ts";

afterEach(async () => {
  await stopAll();
});

const announcement = (sequence: number, ttlMs = 60_000): Announcement => ({
  sequence,
  ttlMs,
  version: "0.1.0",
  requester: false,
  labels: {},
});

/** Connects `stranger`, which has no bid stream, and publishes until somebody was given it. */
async function publishTo(
  node: TestNode,
  stranger: GadusLibp2p,
  topic: string,
  data: Uint8Array,
): Promise<void> {
  await stranger.dial(multiaddr(node.address()));
  const { pubsub } = stranger.services;
  while ((await pubsub.publish(topic, data)).recipients.length === 0) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const jobEvent: JobEvent = { type: "announced", jobId: "j-1", engine: "wasm", atMs: 1 };

describe("createLibp2pTransport()'s gossip", () => {
  test("an announcement reaches nodes that have no connection to its author", async () => {
    const hub = await startNode();
    const [author, listener] = [
      await startNode({ bootstrap: [hub.address()] }),
      await startNode({ allow: [hub.id] }),
    ];
    await listener.transport.dial(hub.address());
    await author.heard.connected(hub.id);
    await author.transport.announce(announcement(1, 300));
    expect(await listener.heard.of("announcement", 1)).toMatchObject([{ from: author.id }]);
    expect(listener.transport.peers().map(({ nodeId }) => nodeId)).toEqual([hub.id]);
  });

  test("its author is who signed it", async () => {
    const node = await startNode();
    const stranger = await startStranger();
    await publishTo(node, stranger, NODES_TOPIC, encodeValue(announcement(3)));
    const from = stranger.peerId.toString();
    expect(await node.heard.of("announcement", 1)).toEqual([
      { type: "announcement", from, announcement: announcement(3) },
    ]);
  });

  test("what another than its author signed is rejected", async () => {
    const [node, victim] = [await startNode(), await startNode()];
    const forger = await startStranger();
    const honest = Reflect.get(forger.services.pubsub, "publishConfig") as object;
    Reflect.set(forger.services.pubsub, "publishConfig", { ...honest, author: victim.libp2p.peerId });
    await publishTo(node, forger, NODES_TOPIC, encodeValue(announcement(9)));
    await publishTo(node, await startStranger(), JOBS_TOPIC, encodeValue([jobEvent]));
    await node.heard.of("jobEvent", 1);
    expect(node.heard.all.filter(({ type }) => type === "announcement")).toEqual([]);
  });

  test("what is malformed or no longer news is dropped, and the former counted", async () => {
    const node = await startNode();
    const stranger = await startStranger();
    const bad = [
      new Uint8Array([0xff]),
      encodeValue({ ...announcement(4), ttlMs: 0 }),
      new Uint8Array(70_000),
    ];
    for (const data of bad) await publishTo(node, stranger, NODES_TOPIC, data);
    for (const sequence of [5, 5, 4, 6]) {
      await publishTo(node, stranger, NODES_TOPIC, encodeValue(announcement(sequence)));
    }
    const heard = await node.heard.of("announcement", 2);
    expect(heard.map((event) => event.announcement.sequence)).toEqual([5, 6]);
    expect(node.badFrames()).toBe(bad.length);
  });
});
