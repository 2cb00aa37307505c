import { encodeValue, type LogFrame, LOGS_PROTOCOL } from "@gadus/protocol";
import type { Stream } from "@libp2p/interface";
import { multiaddr } from "@multiformats/multiaddr";
import { afterEach, describe, expect, test } from "vitest";
import { closed, frames, start, startNode, startStranger, stopAll, type TestNode } from "./libp2p-fixture.ts";

afterEach(async () => {
  await stopAll();
});

const REQUEST = { executionId: "e-1", fromBytes: 0, follow: true };
const CHUNK = new Uint8Array(60_000).fill(7);
const CHUNKS = 400;

const chunk = (index: number): LogFrame => ({
  type: "output",
  stream: "stdout",
  offset: index * CHUNK.length,
  bytes: CHUNK,
});

/** Has `node` take streams of logs otherwise. */
async function answerWith({ libp2p }: TestNode, handler: (stream: Stream) => void): Promise<void> {
  await libp2p.unhandle(LOGS_PROTOCOL);
  await libp2p.handle(LOGS_PROTOCOL, handler);
}

async function openLogStream(to: TestNode): Promise<Stream> {
  const stranger = await startStranger();
  return stranger.dialProtocol(multiaddr(to.address()), LOGS_PROTOCOL);
}

describe("createLibp2pTransport()'s logs", () => {
  test("a slow reader holds its node back, and neither side keeps what it doesn't take", async () => {
    const [reader, node] = [await startNode(), await startNode()];
    await reader.transport.dial(node.address());
    let made = 0;
    node.transport.serveLogs(async function* () {
      for (; made < CHUNKS; made += 1) yield chunk(made);
    });
    const streams = () =>
      [...reader.libp2p.getConnections(), ...node.libp2p.getConnections()]
        .flatMap((connection) => connection.streams)
        .filter(({ protocol }) => protocol === LOGS_PROTOCOL);
    let taken = 0;
    let mostAhead = 0;
    let mostHeld = 0;
    for await (const frame of reader.transport.openLogs(node.id, REQUEST)) {
      expect(frame).toMatchObject({ type: "output", offset: taken * CHUNK.length });
      taken += 1;
      // Long enough for all that the other side would send to be here.
      if (taken % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 20));
      mostAhead = Math.max(mostAhead, made - taken);
      const held = streams().map(
        ({ readBufferLength, writeBufferLength }) => readBufferLength + writeBufferLength,
      );
      mostHeld = Math.max(mostHeld, ...held);
    }
    expect(taken).toBe(CHUNKS);
    expect(mostAhead * CHUNK.length).toBeLessThan(12 * 1024 * 1024);
    expect(mostHeld).toBeLessThan(5 * 1024 * 1024);
  });

  test("a reader that takes nothing costs its node nothing but a window", async () => {
    const node = await startNode();
    let made = 0;
    const stalled = Promise.withResolvers<void>();
    node.transport.serveLogs(async function* () {
      for (; made < 100_000; made += 1) {
        if (made === 3) setTimeout(() => stalled.resolve(), 500);
        yield chunk(made);
      }
    });
    const stream = await openLogStream(node);
    stream.pause();
    stream.send(frames(encodeValue(REQUEST)));
    await stalled.promise;
    const before = made;
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(made).toBe(before);
    expect(made * CHUNK.length).toBeLessThan(8 * 1024 * 1024);
  });

  test("what is no request closes its stream, and costs nobody else anything", async () => {
    const node = await startNode();
    node.transport.serveLogs(async function* () {
      yield chunk(0);
    });
    const bad = [
      Uint8Array.of(0xff, 0xff, 0xff, 0xff),
      frames(Uint8Array.of(1, 2, 3)),
      frames(encodeValue({ ...REQUEST, fromBytes: -1 })),
      frames(encodeValue({ ...REQUEST, executionId: "x".repeat(900) })),
      frames(new Uint8Array(5000)),
      frames(encodeValue(REQUEST), encodeValue(REQUEST)),
    ];
    for (const bytes of bad) {
      const stream = await openLogStream(node);
      const isClosed = closed(stream);
      stream.send(bytes);
      await isClosed;
    }
    const friend = await startNode();
    await friend.transport.send(node.id, start("e-1")).catch(() => friend.transport.dial(node.address()));
    const heard: LogFrame[] = [];
    for await (const frame of friend.transport.openLogs(node.id, REQUEST)) heard.push(frame);
    expect(heard).toHaveLength(1);
  });

  test("a node that answers what is no frame is an error of the reading, and of nothing else", async () => {
    const [reader, liar] = [await startNode(), await startNode()];
    const answers = [
      frames(encodeValue({ type: "output", stream: "stdin", offset: 0, bytes: CHUNK })),
      frames(encodeValue({ type: "output", stream: "stdout", offset: 0, bytes: new Uint8Array(70_000) })),
      frames(encodeValue({ type: "output", stream: "stdout", offset: 0, bytes: new Uint8Array(0) })),
      Uint8Array.of(0x80, 0x80, 0x80, 0x80),
    ];
    await answerWith(liar, (stream) => {
      stream.addEventListener("message", () => stream.send(answers.shift() ?? Uint8Array.of(0)));
    });
    await liar.transport.dial(reader.address());
    const read = async () => {
      for await (const _ of reader.transport.openLogs(liar.id, REQUEST));
    };
    for (let index = 0; index < 5; index += 1) {
      await expect(read()).rejects.toMatchObject({ code: "transport/unreachable" });
    }
    expect(answers).toEqual([]);
    await liar.transport.send(reader.id, start("e-1"));
    await reader.heard.of("message", 1);
  });

  test("a node that never answers is let go of", async () => {
    const [reader, silent] = [await startNode(), await startNode()];
    const asked = Promise.withResolvers<Stream>();
    await answerWith(silent, (stream) => {
      stream.addEventListener("message", () => asked.resolve(stream));
    });
    await silent.transport.dial(reader.address());
    const stop = new AbortController();
    const read = async () => {
      for await (const _ of reader.transport.openLogs(silent.id, REQUEST, { signal: stop.signal }));
    };
    const reading = read();
    const isClosed = closed(await asked.promise);
    stop.abort(new Error("no longer wanted"));
    await expect(reading).rejects.toBe(stop.signal.reason);
    await isClosed;
  });
});
