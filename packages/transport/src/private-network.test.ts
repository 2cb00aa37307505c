import type { ConnectionProtector, MultiaddrConnection } from "@libp2p/interface";
import { preSharedKey } from "@libp2p/pnet";
import { multiaddrConnectionPair } from "@libp2p/utils";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { privateNetwork } from "./private-network.ts";
import { generateSwarmKey, parseSwarmKey } from "./swarm-key.ts";

const text = generateSwarmKey();
const protector = privateNetwork(parseSwarmKey(text))();
const reference = preSharedKey({ psk: new TextEncoder().encode(text) })();

async function connect(left: ConnectionProtector, right: ConnectionProtector) {
  const [a, b] = multiaddrConnectionPair();
  const ends = await Promise.all([left.protect(a), right.protect(b)]);
  return ends as unknown as [MultiaddrConnection, MultiaddrConnection];
}

/** The first `count` bytes that `connection` gets. */
function receive(connection: MultiaddrConnection, count: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let got = 0;
  return new Promise((resolve) => {
    if (count === 0) resolve(new Uint8Array());
    connection.addEventListener("message", ({ data }) => {
      chunks.push(data.subarray());
      got += data.byteLength;
      if (got >= count) resolve(Uint8Array.from(Buffer.concat(chunks)));
    });
  });
}

describe("privateNetwork()", () => {
  test.each([
    ["itself", protector, protector],
    ["@libp2p/pnet as the receiver", protector, reference],
    ["@libp2p/pnet as the sender", reference, protector],
  ])("carries what is sent in pieces of any size, with %s", async (_, left, right) => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 }), { maxLength: 20 }),
        async (pieces) => {
          const [a, b] = await connect(left, right);
          const sent = Uint8Array.from(Buffer.concat(pieces));
          const received = receive(b, sent.length);
          for (const piece of pieces) a.send(piece);
          expect(await received).toEqual(sent);
        },
      ),
      { numRuns: 30 },
    );
  });

  test("carries a write that is larger than it encrypts at a time", async () => {
    const [a, b] = await connect(protector, reference);
    const sent = Uint8Array.from({ length: 3_000_001 }, (_, index) => index % 253);
    const received = receive(b, sent.length);
    a.send(sent);
    expect(Buffer.compare(await received, sent)).toBe(0);
  });

  test("shows the wire nothing of what is sent", async () => {
    const [a, b] = multiaddrConnectionPair();
    const wire = receive(b, 24 + 64);
    b.send(new Uint8Array(24));
    const left = await protector.protect(a);
    (left as unknown as MultiaddrConnection).send(new Uint8Array(64));
    const bytes = await wire;
    expect(bytes.subarray(24)).not.toEqual(new Uint8Array(64));
  });

  test("carries 200 MiB in writes of 1 MiB with flat memory", async () => {
    const [a, b] = await connect(protector, protector);
    const block = new Uint8Array(1024 * 1024);
    let got = 0;
    b.addEventListener("message", ({ data }) => {
      got += data.byteLength;
    });
    const before = process.memoryUsage();
    let mostBytes = 0;
    for (let sent = 0; sent < 200; sent++) {
      const arrived = (sent + 1) * block.length;
      if (!a.send(block))
        await new Promise((resolve) => a.addEventListener("drain", resolve, { once: true }));
      while (got < arrived) await new Promise((resolve) => setImmediate(resolve));
      const { external, arrayBuffers } = process.memoryUsage();
      mostBytes = Math.max(mostBytes, external + arrayBuffers - before.external - before.arrayBuffers);
    }
    expect(got).toBe(200 * block.length);
    expect(mostBytes).toBeLessThan(256 * 1024 * 1024);
  });
});

describe("parseSwarmKey()", () => {
  test("reads what generateSwarmKey() writes, each time another key", () => {
    const keys = [generateSwarmKey(), generateSwarmKey()].map(parseSwarmKey);
    expect(keys.map((key) => key.length)).toEqual([32, 32]);
    expect(keys[0]).not.toEqual(keys[1]);
  });

  test.each([
    ["", "first line"],
    ["/key/swarm/psk/2.0.0/\n/base16/\n00", "first line"],
    [`/key/swarm/psk/1.0.0/\n/base64/\n${"0".repeat(64)}`, "second line"],
    ["/key/swarm/psk/1.0.0/\n/base16/\n00", "64 hex digits"],
    [`/key/swarm/psk/1.0.0/\n/base16/\n${"0".repeat(64)}\nmore`, "1 lines too many"],
  ])("names what is wrong with %j", (key, state) => {
    expect(() => parseSwarmKey(key)).toThrow(
      expect.objectContaining({ code: "transport/invalid-key", message: expect.stringContaining(state) }),
    );
  });
});
