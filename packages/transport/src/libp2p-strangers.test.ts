import { encodeMessage } from "@gadus/protocol";
import { afterEach, describe, expect, test } from "vitest";
import {
  closed,
  frames,
  GREETING,
  openStream,
  start,
  startNode,
  startStranger,
  stopAll,
} from "./libp2p-fixture.ts";
import { MAX_OFFENCES } from "./peer-gate.ts";

afterEach(async () => {
  await stopAll();
});

describe("createLibp2pTransport() among strangers", () => {
  const garbage: [name: string, bytes: Uint8Array][] = [
    ["no greeting", frames(new Uint8Array([9, 9]))],
    ["random bytes", Uint8Array.from({ length: 500 }, (_, index) => (index * 73) % 256)],
    ["a length that never ends", new Uint8Array(64).fill(0xff)],
    ["an empty frame", new Uint8Array([1, 1, 0])],
    ["a length of two megabytes", new Uint8Array([1, 1, 0xff, 0xff, 0x7f])],
    ["a frame that is no DAG-CBOR", frames(GREETING, new Uint8Array([0xff, 0xfe]))],
    ["a frame that is no message", frames(GREETING, new Uint8Array([0xa1, 0x61, 0x61, 0x01]))],
  ];
  test.each(garbage)("%s costs the connection, is counted, and the node serves on", async (_, bytes) => {
    const node = await startNode();
    const stranger = await startStranger();
    const stream = await openStream(stranger, node);
    const [connection] = stranger.getConnections(node.libp2p.peerId);
    const cut = closed(connection!);
    stream.send(bytes);
    await cut;
    expect(node.badFrames()).toBe(1);
    expect(node.transport.peers()).toEqual([]);

    const other = await startNode();
    await other.transport.dial(node.address());
    await other.transport.send(node.id, start("e-1"));
    expect(await node.heard.of("message", 1)).toMatchObject([{ from: other.id }]);
  });

  test("a peer that sends garbage again and again is denied", async () => {
    const node = await startNode();
    const stranger = await startStranger();
    const offend = async (bytes: Uint8Array) => {
      const stream = await openStream(stranger, node);
      const cut = closed(stream);
      stream.send(bytes);
      await cut;
    };
    // The two may be connected more than once, and what is opened while the rest is cut is rejected.
    while (node.badFrames() < MAX_OFFENCES) {
      await offend(frames(new Uint8Array([9, 9]))).catch(() => {});
      await new Promise((resolve) => setImmediate(resolve));
    }
    await offend(frames(GREETING, encodeMessage(start("e-1")))).catch(() => {});
    expect(node.heard.all).toEqual([]);
    expect(node.badFrames()).toBe(MAX_OFFENCES);
  });

  test("a peer that opens a stream and never greets is no peer", async () => {
    const node = await startNode();
    const stranger = await startStranger();
    await openStream(stranger, node);
    expect(node.transport.peers()).toEqual([]);
  });

  test("dial() rejects for a peer that doesn't speak the protocol", async () => {
    const node = await startNode();
    const stranger = await startStranger();
    const dialled = node.transport.dial(stranger.getMultiaddrs()[0]!.toString());
    await expect(dialled).rejects.toMatchObject({ code: "transport/unreachable" });
  });
});

test("a stranger that speaks the protocol is a peer", async () => {
  const node = await startNode();
  const stranger = await startStranger();
  const stream = await openStream(stranger, node);
  stream.send(frames(GREETING, encodeMessage(start("e-1"))));
  expect(await node.heard.of("message", 1)).toEqual([
    { type: "message", from: stranger.peerId.toString(), message: start("e-1") },
  ]);
});
