import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect as connectPlain, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setImmediate as nextTurn } from "node:timers/promises";
import { connect, type TLSSocket } from "node:tls";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { loadTls, type TlsFiles } from "./api-tls.ts";
import { startTestApi, type TestApi } from "./test-api.ts";

const ALIVE = "/api/v1/agent/alive";
const BLOBS = "/api/v1/orchestrator/blobs";
const DOWNLOAD = "/ipfs/bafkreicysg23kiwv34eg2d7qweipxwosdo2py4ldv42nbauguluen5v6am?format=car";
const KIB = 1024;
const MIB = 1024 * KIB;

const folder = mkdtempSync(join(tmpdir(), "gadus-tls-"));
let tls: TlsFiles;
let api: TestApi;
const sockets: Socket[] = [];
beforeAll(async () => {
  const place = { certFile: join(folder, "api.crt"), keyFile: join(folder, "api.key"), nowMs: Date.now() };
  const made = await loadTls({ selfSigned: true }, { ...place, host: "127.0.0.1" });
  if (made === undefined) throw new Error("there is no certificate");
  tls = made;
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await api.stop();
});
afterAll(() => rmSync(folder, { recursive: true }));

async function start(change: Parameters<typeof startTestApi>[0] = {}): Promise<number> {
  api = await startTestApi({ tls, ...change });
  return Number(new URL(await api.server.start()).port);
}

function kept<T extends Socket>(socket: T): T {
  sockets.push(socket);
  socket.on("error", () => {});
  return socket;
}

/** A connection on which keys are agreed on. */
async function secured(port: number): Promise<TLSSocket> {
  const socket = kept(connect({ port, host: "127.0.0.1", ca: tls.cert }));
  await once(socket, "secureConnect");
  return socket;
}

const head = (method: string, path: string, ...headers: readonly string[]): string =>
  `${[`${method} ${path} HTTP/1.1`, "Host: localhost", ...headers].join("\r\n")}\r\n\r\n`;

/** What is answered on a connection of its own; undefined where that is closed without a word. */
async function ask(port: number): Promise<string | undefined> {
  const socket = kept(connect({ port, host: "127.0.0.1", ca: tls.cert }));
  const answer = text(socket).catch(() => "");
  socket.write(head("GET", ALIVE, "Connection: close"));
  return (await answer) || undefined;
}

/** A client that has asked for a download and takes nothing of it, once the server waits for it; and the server's end. */
async function stalled(port: number): Promise<{ readonly client: TLSSocket; readonly end: TLSSocket }> {
  const ends = once(api.server.app.server, "secureConnection") as Promise<[TLSSocket]>;
  const client = await secured(port);
  client.pause();
  const [end] = await ends;
  client.write(head("GET", DOWNLOAD));
  while (!end.writableNeedDrain) await nextTurn();
  return { client, end };
}

/** A download of 256 MiB, and how much of it was made so far. */
function largeDownload() {
  const made = { chunks: 0 };
  async function* exportCar(): AsyncGenerator<Uint8Array> {
    for (; made.chunks < 1024; made.chunks += 1) yield new Uint8Array(256 * KIB);
  }
  return { made, exportCar };
}

describe("over TLS", () => {
  test("a client that takes nothing of a download is cut off, and little was made for it", async () => {
    const { made, exportCar } = largeDownload();
    const port = await start({ readTimeoutMs: 200, content: { exportCar } });
    const { end } = await stalled(port);
    let mostHeld = 0;
    while (!end.destroyed) {
      mostHeld = Math.max(mostHeld, end.writableLength);
      await nextTurn();
    }
    expect(mostHeld).toBeLessThan(2 * MIB);
    expect(made.chunks * 256 * KIB).toBeLessThan(32 * MIB);
  });

  test("a client that reads slowly gets all, however long it takes", async () => {
    const total = 8 * MIB;
    const exportCar = async function* (): AsyncGenerator<Uint8Array> {
      for (let at = 0; at < total; at += 256 * KIB) yield new Uint8Array(256 * KIB);
    };
    const port = await start({ readTimeoutMs: 1000, content: { exportCar } });
    const socket = await secured(port);
    socket.write(head("GET", DOWNLOAD, "Connection: close"));
    let received = 0;
    for await (const chunk of socket) {
      received += (chunk as Buffer).length;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect(received).toBeGreaterThan(total);
  });

  test("an API that stops answers what is under way, and closes the rest at once", async () => {
    const port = await start();
    const idle = await secured(port);
    idle.write(head("GET", ALIVE));
    await once(idle, "data");
    const silent = await secured(port);
    const begun = await secured(port);
    begun.write("GET / HTTP/1.1\r\nHost: loc");
    const connections = once(api.server.app.server, "connection");
    const noKeys = kept(connectPlain(port, "127.0.0.1"));
    await connections;
    const upload = await secured(port);
    upload.write(head("PUT", BLOBS, "Content-Length: 10", "Expect: 100-continue"));
    // The node has begun with it.
    await once(upload, "data");
    upload.write("01234");
    const closed = Promise.all([idle, silent, begun, noKeys].map((each) => once(each.resume(), "close")));
    let stopped = false;
    const stopping = api.server.stop().then(() => {
      stopped = true;
    });
    await closed;
    expect(stopped).toBe(false);
    upload.write("56789");
    expect(await text(upload)).toMatch(/^HTTP\/1\.1 200 [^]*connection: close[^]*"CID"/i);
    await stopping;
  });

  test("a client that takes nothing keeps no API from stopping", async () => {
    const { made, exportCar } = largeDownload();
    const port = await start({ content: { exportCar } });
    const { client } = await stalled(port);
    await api.server.stop();
    expect(made.chunks).toBeLessThan(1024);
    client.resume();
    await once(client, "close");
  });

  test("connections beyond the limit are answered 429 with Retry-After, and served once there is room", async () => {
    const port = await start({ maxConnections: 2 });
    const first = await secured(port);
    await secured(port);
    const refused = await ask(port);
    expect(refused).toMatch(/^HTTP\/1\.1 429 Too Many Requests\r\n/);
    expect(refused).toContain("\r\nRetry-After: 1\r\n");
    expect(JSON.parse(refused?.split("\r\n\r\n")[1] ?? "")).toMatchObject({
      Code: "node/overloaded",
      Message: "Cannot take the connection: 2 others are open",
    });
    first.destroy();
    await expect.poll(() => ask(port)).toMatch(/^HTTP\/1\.1 200 /);
  });

  test("of those beyond the limit that agree on no keys all but some are closed without a word", async () => {
    const port = await start({ maxConnections: 10 });
    await Promise.all(Array.from({ length: 10 }, () => secured(port)));
    const silent = Array.from({ length: 40 }, () => kept(connectPlain(port, "127.0.0.1")));
    const heard: Buffer[] = [];
    for (const socket of silent) socket.on("data", (chunk: Buffer) => heard.push(chunk));
    const closed = (): number => silent.filter((socket) => socket.destroyed).length;
    await expect.poll(closed).toBe(8);
    expect(heard).toEqual([]);
    expect(await ask(port)).toBeUndefined();
    for (const socket of silent) socket.destroy();
    await expect.poll(() => ask(port)).toMatch(/^HTTP\/1\.1 429 /);
  });

  test("what speaks no TLS is closed without a word, beyond the limit too", async () => {
    const port = await start({ maxConnections: 1 });
    for (const occupied of [false, true]) {
      if (occupied) await secured(port);
      const socket = kept(connectPlain(port, "127.0.0.1"));
      socket.write(head("GET", ALIVE));
      const answer = await text(socket).catch(() => "");
      expect(answer).not.toContain("HTTP/");
      socket.destroy();
    }
  });
});
