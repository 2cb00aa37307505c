import { decodeMessage, type Message } from "@gadus/protocol";
import { LengthPrefixedDecoder } from "@libp2p/utils";
import { afterEach, describe, expect, test } from "vitest";
import { BID_PROTOCOL } from "./bid-stream.ts";
import {
  createNode,
  frames,
  GREETING,
  openStream,
  start,
  startNode,
  startStranger,
  stopAll,
  type TestNode,
} from "./libp2p-fixture.ts";

afterEach(async () => {
  await stopAll();
});

describe("createLibp2pTransport()'s stream", () => {
  test("when both sides open at once, one stays, and nothing is lost or reordered", async () => {
    const [a, b] = [await startNode(), await startNode()];
    for (const [from, to] of [
      [a, b],
      [b, a],
    ] as const) {
      await from.libp2p.peerStore.merge(to.libp2p.peerId, { multiaddrs: to.libp2p.getMultiaddrs() });
    }
    const messages = Array.from({ length: 200 }, (_, index) => start(`e-${index}`));
    const sendAll = (from: TestNode, to: TestNode) =>
      messages.map((message) => from.transport.send(to.id, message));
    await Promise.all([...sendAll(a, b), ...sendAll(b, a)]);
    const expected = (from: TestNode) =>
      messages.map((message) => ({ type: "message", from: from.id, message }));
    expect(await a.heard.of("message", 200)).toEqual(expected(b));
    expect(await b.heard.of("message", 200)).toEqual(expected(a));
    for (const { heard } of [a, b]) {
      expect(heard.all.filter(({ type }) => type === "connected")).toHaveLength(1);
      expect(heard.all.filter(({ type }) => type === "disconnected")).toHaveLength(0);
    }
  });

  test("after a cut both connect again by themselves, and messages flow", async () => {
    const [a, b] = [await startNode(), await startNode()];
    await a.transport.dial(b.address());
    await b.heard.connected(a.id);
    for (const connection of a.libp2p.getConnections()) connection.abort(new Error("a cut cable"));
    await Promise.all([a.heard.disconnected(b.id), b.heard.disconnected(a.id)]);
    await Promise.all([a.heard.connected(b.id, 2), b.heard.connected(a.id, 2)]);
    await b.transport.send(a.id, start("e-1"));
    expect(await a.heard.of("message", 1)).toMatchObject([{ from: b.id }]);
  });

  test("a stream that was reset on a standing connection is opened again", async () => {
    const [a, b] = [await startNode(), await startNode()];
    await a.transport.dial(b.address());
    await b.heard.connected(a.id);
    const streams = a.libp2p.getConnections().flatMap((connection) => connection.streams);
    for (const stream of streams.filter(({ protocol }) => protocol === BID_PROTOCOL))
      stream.abort(new Error("x"));
    await Promise.all([a.heard.connected(b.id, 2), b.heard.connected(a.id, 2)]);
    expect(a.transport.peers().map(({ nodeId }) => nodeId)).toEqual([b.id]);
  });

  test("a bootstrap peer that starts late is found", async () => {
    const late = await startNode();
    const [listen] = late.address().split("/p2p/");
    const node = await createNode({ bootstrap: [late.address()] });
    await late.transport.stop();
    await node.transport.start();
    await expect(node.transport.send(late.id, start("e-1"))).rejects.toMatchObject({
      code: "transport/unreachable",
    });
    expect(late.libp2p.status).toBe("stopped");
    const again = await createNode({ listen: [listen ?? ""], key: late.key });
    await again.transport.start();
    await node.heard.connected(late.id);
  });

  test("nodes that know only a third one find each other", async () => {
    const hub = await startNode();
    const bootstrap = [hub.address()];
    const [a, b] = [await startNode({ bootstrap }), await startNode({ bootstrap })];
    await Promise.all([a.heard.connected(b.id), b.heard.connected(a.id)]);
    expect(a.transport.peers().map(({ nodeId }) => nodeId)).toContain(b.id);
  });

  test("20,000 messages reach a peer that reads slowly, in order, and memory stays bounded", async () => {
    const node = await startNode();
    const stranger = await startStranger();
    const stream = await openStream(stranger, node);
    const read: string[] = [];
    const decoder = new LengthPrefixedDecoder();
    let chunks = 0;
    let greeted = false;
    const all = new Promise<void>((resolve) => {
      stream.addEventListener("message", ({ data }) => {
        for (const frame of decoder.decode(data)) {
          if (greeted) read.push(JSON.stringify(decodeMessage(frame.subarray())));
          else stream.send(frames(GREETING));
          greeted = true;
        }
        if (++chunks % 8 === 0) {
          stream.pause();
          setTimeout(() => stream.resume(), 2);
        }
        if (read.length === 20_000) resolve();
      });
    });
    const strangerId = stranger.peerId.toString();
    await node.heard.connected(strangerId);
    const message = (index: number): Message => ({
      type: "cancel",
      executionId: `e-${index}`,
      code: "requester/test",
      reason: "x".repeat(500),
    });
    let mostUnsent = 0;
    const [sending] = node.libp2p.getConnections(stranger.peerId).flatMap((connection) => connection.streams);
    expect(sending).toBeDefined();
    for (let index = 0; index < 20_000; ) {
      const batch = Array.from({ length: 1000 }, () => node.transport.send(strangerId, message(index++)));
      await Promise.all(batch);
      const streams = node.libp2p.getConnections(stranger.peerId).flatMap((connection) => connection.streams);
      mostUnsent = Math.max(mostUnsent, ...streams.map(({ writeBufferLength }) => writeBufferLength));
    }
    await all;
    expect(read).toEqual(Array.from({ length: 20_000 }, (_, index) => JSON.stringify(message(index))));
    expect(mostUnsent).toBeLessThan(1024 * 1024);
  });

  test("a peer that doesn't read at all makes send() reject as overloaded, and costs bounded memory", async () => {
    const node = await startNode();
    const stranger = await startStranger();
    const stream = await openStream(stranger, node);
    stream.addEventListener(
      "message",
      () => {
        stream.send(frames(GREETING));
        stream.pause();
      },
      { once: true },
    );
    const strangerId = stranger.peerId.toString();
    await node.heard.connected(strangerId);
    const proposal: Message = { type: "propose", executionId: "e-1", sealed: new Uint8Array(500_000) };
    const sent = Array.from({ length: 100 }, () => node.transport.send(strangerId, proposal));
    const overloaded = sent.at(-1);
    await expect(overloaded).rejects.toMatchObject({ code: "transport/overloaded" });
    const stopped = Promise.allSettled(sent);
    await node.transport.stop();
    const codes = (await stopped).map((outcome) =>
      outcome.status === "rejected" ? String(outcome.reason.code) : "sent",
    );
    expect(new Set(codes)).toEqual(new Set(["transport/stopped", "transport/overloaded"]));
  });
});
