import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterEach, expect, test } from "vitest";
import type { NodeReady } from "../src/parent-process.ts";
import { type Running, startServe } from "./gadus.ts";
import { submit } from "./jobs.ts";

const EVENTS = "/api/v1/orchestrator/events";
const BLOBS = "/api/v1/orchestrator/blobs";
const UPLOAD_BYTES = 32 * 1024 * 1024;
const JOB = {
  Type: "batch",
  Tasks: [{ Name: "main", Engine: { Type: "noop", Params: { Stdout: "line\n", DurationMs: 120_000 } } }],
};

const folder = mkdtempSync(join(tmpdir(), "gadus-e2e-"));
let node: Running<NodeReady>;
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await node.end("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

async function start(): Promise<void> {
  const places = ["--data-dir", folder, "--listen", "/ip4/127.0.0.1/tcp/0", "--api-port", "0"];
  node = await startServe("--requester", "--compute", ...places);
}

/** Sends `request` over a connection of its own. */
async function send(request: string): Promise<Socket> {
  const { port } = new URL(node.ready.api);
  const socket = connect(Number(port), "127.0.0.1");
  sockets.push(socket);
  socket.on("error", () => {});
  await once(socket, "connect");
  socket.write(request);
  return socket;
}

const head = (method: string, path: string, ...headers: readonly string[]): string =>
  `${[`${method} ${path} HTTP/1.1`, "Host: localhost", ...headers].join("\r\n")}\r\n\r\n`;

/** Uploads a file, and asks for it without taking any of it; settles once the node has filled the connection. */
async function stalledDownload(): Promise<Socket> {
  const answer = await fetch(`${node.ready.api}${BLOBS}`, {
    method: "PUT",
    body: Buffer.alloc(UPLOAD_BYTES, 7),
  });
  const { CID } = (await answer.json()) as { CID: string };
  const socket = await send(head("GET", `/ipfs/${CID}?format=car`));
  await once(socket, "readable");
  return socket;
}

test("a node that is told to stop answers what is under way, ends streams so that they resume, and closes the rest", async () => {
  await start();
  const { api } = node.ready;
  const { body } = await submit(api, JOB);
  const jobId = String(body.JobID);
  const socket = new WebSocket(
    `${api.replace("http", "ws")}/api/v1/orchestrator/jobs/${jobId}/logs?follow=true`,
  );
  const logsClosed = once(socket, "close") as Promise<[{ code: number }]>;
  await once(socket, "message");
  const events = await fetch(`${api}${EVENTS}?job_id=${jobId}`);
  const seen = events.text();
  const idle = await send(head("GET", "/api/v1/agent/alive"));
  await once(idle, "data");
  const silent = await send("");
  const begun = await send("GET / HTTP/1.1\r\nHost: loc");
  const upload = await send(`${head("PUT", BLOBS, "Content-Length: 10", "Expect: 100-continue")}`);
  // The node has begun with it.
  await once(upload, "data");
  upload.write("01234");

  const closed = Promise.all([idle, silent, begun].map((each) => once(each.resume(), "close")));
  node.process.kill("SIGTERM");
  expect((await logsClosed)[0].code).toBe(1001);
  const ids = Array.from((await seen).matchAll(/^id: (\d+)$/gm), ([, id]) => Number(id));
  expect(ids.length).toBeGreaterThan(0);
  await closed;
  upload.write("56789");
  const uploaded = await text(upload);
  expect(uploaded).toMatch(/^HTTP\/1\.1 200 [^]*connection: close[^]*"CID"/i);
  expect(await node.end("SIGCONT")).toBe(0);

  await start();
  const all = await fetch(`${node.ready.api}${EVENTS}?job_id=${jobId}`);
  const rest = await fetch(`${node.ready.api}${EVENTS}?job_id=${jobId}`, {
    headers: { "last-event-id": String(ids.at(-1)) },
  });
  await fetch(`${node.ready.api}/api/v1/orchestrator/jobs/${jobId}`, { method: "DELETE" });
  const untilStopped = async (response: Response): Promise<readonly number[]> => {
    let read = "";
    for await (const part of response.body as unknown as AsyncIterable<Uint8Array>) {
      read += Buffer.from(part).toString();
      if (read.includes("event: job/stopped")) break;
    }
    return Array.from(read.matchAll(/^id: (\d+)$/gm), ([, id]) => Number(id));
  };
  expect([...ids, ...(await untilStopped(rest))]).toEqual(await untilStopped(all));
});

test("a client that takes nothing keeps no node from ending, and a second signal ends it at once", async () => {
  await start();
  await stalledDownload();
  expect(await node.end("SIGTERM")).toBe(0);
  await start();
  await stalledDownload();
  node.process.kill("SIGTERM");
  const { port } = new URL(node.ready.api);
  // It has begun to stop once nobody can connect any more.
  for (;;) {
    const probe = connect(Number(port), "127.0.0.1");
    const refused = await new Promise<boolean>((resolve) => {
      probe.once("connect", () => resolve(false)).once("error", () => resolve(true));
    });
    probe.destroy();
    if (refused) break;
  }
  expect(await node.end("SIGTERM")).toBe(130);
});
