import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { connect } from "node:tls";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { readClientHello } from "./client-hello.ts";

/** What this machine's TLS library says first. */
async function helloFor(servername: string): Promise<Buffer> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const client = connect({
    port: (server.address() as { port: number }).port,
    host: "127.0.0.1",
    servername,
  });
  client.on("error", () => {});
  const [socket] = (await once(server, "connection")) as [Socket];
  const [bytes] = (await once(socket, "data")) as [Buffer];
  client.destroy();
  socket.destroy();
  server.close();
  return bytes;
}

describe("readClientHello()", () => {
  let hello: Buffer;
  beforeAll(async () => {
    hello = await helloFor("example.com");
  });

  test("finds the server's name, or that there is none", async () => {
    expect(readClientHello(hello)).toEqual({ kind: "hello", serverName: "example.com" });
    expect(readClientHello(await helloFor(""))).toEqual({ kind: "hello", serverName: undefined });
  });

  test("waits for the rest of what is a beginning", () => {
    for (let length = 0; length < hello.length; length++) {
      expect(readClientHello(hello.subarray(0, length))).toEqual({ kind: "incomplete" });
    }
  });

  test("joins records, up to a few", () => {
    const split = (size: number): Buffer => {
      const message = hello.subarray(5);
      const records: Buffer[] = [];
      for (let at = 0; at < message.length; at += size) {
        const part = message.subarray(at, at + size);
        records.push(Buffer.from([22, 3, 1, part.length >> 8, part.length & 255]), part);
      }
      return Buffer.concat(records);
    };
    expect(readClientHello(split(300))).toEqual({ kind: "hello", serverName: "example.com" });
    expect(readClientHello(split(1))).toEqual({ kind: "other" });
  });

  test("takes nothing else for one", () => {
    for (const text of [
      "GET / HTTP/1.1\r\n",
      "SSH-2.0-x\r\n",
      "\x16\x03\x01\x00\x00",
      "\x16\x03\x01\x00\x04\x02\0\0\0",
    ]) {
      expect(readClientHello(Buffer.from(text, "latin1"))).toEqual({ kind: "other" });
    }
    const endless = Buffer.concat([Buffer.from([22, 3, 1, 64, 0, 1, 255, 255, 255]), Buffer.alloc(20_000)]);
    expect(readClientHello(endless)).toEqual({ kind: "other" });
  });

  test("never throws, whatever byte is another", () => {
    fc.assert(
      fc.property(fc.nat(hello.length - 1), fc.nat(255), (at, value) => {
        const changed = Buffer.from(hello);
        changed[at] = value;
        expect(() => readClientHello(changed)).not.toThrow();
      }),
    );
  });
});
