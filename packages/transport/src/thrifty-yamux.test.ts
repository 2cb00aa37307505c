import { yamux } from "@chainsafe/libp2p-yamux";
import type { Stream, StreamMuxerFactory } from "@libp2p/interface";
import { multiaddrConnectionPair } from "@libp2p/utils";
import { describe, expect, test } from "vitest";
import { thriftyYamux } from "./thrifty-yamux.ts";

const MESSAGES = 100;

/** Sends small messages one way; answers what came of them, and the writes that went the other way meanwhile. */
async function sendSmall(factory: StreamMuxerFactory, sizeBytes: number) {
  const [near, far] = multiaddrConnectionPair();
  const [sender, receiver] = [factory.createStreamMuxer(near), factory.createStreamMuxer(far)];
  let writesBack = 0;
  near.addEventListener("message", () => {
    writesBack += 1;
  });
  const received = Promise.withResolvers<number>();
  let total = 0;
  receiver.addEventListener("stream", ({ detail: stream }: CustomEvent<Stream>) => {
    stream.addEventListener("message", ({ data }) => {
      total += data.byteLength;
      if (total >= MESSAGES * sizeBytes) received.resolve(total);
    });
  });
  const stream = await sender.createStream();
  for (let sent = 0; sent < MESSAGES; sent += 1) {
    if (!stream.send(new Uint8Array(sizeBytes))) {
      await new Promise((resolve) => stream.addEventListener("drain", resolve, { once: true }));
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  return { total: await received.promise, writesBack };
}

describe("thriftyYamux()", () => {
  test("answers few small messages with a window update", async () => {
    const thrifty = await sendSmall(thriftyYamux({})(), 200);
    const plain = await sendSmall(yamux()(), 200);
    expect(thrifty.total).toBe(MESSAGES * 200);
    expect(thrifty.writesBack).toBeLessThan(10);
    expect(plain.writesBack).toBeGreaterThan(thrifty.writesBack * 5);
  });

  test("lets through more than a window holds", async () => {
    const { total, writesBack } = await sendSmall(thriftyYamux({})(), 64 * 1024);
    expect(total).toBe(MESSAGES * 64 * 1024);
    expect(writesBack).toBeGreaterThan(1);
  });

  test("keeps streams that were opened before anyone listened for them", async () => {
    const [near, far] = multiaddrConnectionPair();
    const factory = thriftyYamux({})();
    const receiver = factory.createStreamMuxer(far);
    const stream = await factory.createStreamMuxer(near).createStream();
    const arrived = new Promise((resolve) => far.addEventListener("message", resolve, { once: true }));
    stream.send(new Uint8Array(10));
    await arrived;
    const early = new Promise((resolve) => receiver.addEventListener("stream", resolve, { once: true }));
    expect(await early).toBeDefined();
  });
});
