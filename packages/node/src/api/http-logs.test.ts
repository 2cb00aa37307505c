import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadConfig, type RunningNode, startNode } from "../index.ts";
import type { Answer } from "./test-api.ts";

let root: string;
let node: RunningNode;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "gadus-logs-"));
  node = await start("node");
});
afterAll(async () => {
  await node.stop();
  await rm(root, { recursive: true });
});

async function start(name: string): Promise<RunningNode> {
  const config = await loadConfig({
    flags: {
      dataFolder: join(root, name),
      api: { port: 0, maxEventStreams: 3 },
      network: { listen: ["/ip4/127.0.0.1/tcp/0"] },
      requester: { enabled: true },
      compute: { enabled: true, engines: ["noop"] },
      log: { level: "silent" },
    },
  });
  return startNode(config);
}

async function submit(on: RunningNode, params: object, more: object = {}): Promise<string> {
  const Job = {
    ...more,
    Type: "batch",
    Meta: { "gadus/verifier": "none" },
    Tasks: [{ Name: "main", Engine: { Type: "noop", Params: params }, Publisher: { Type: "ipfs" } }],
  };
  const url = `${on.apiUrl}/api/v1/orchestrator/jobs`;
  const response = await fetch(url, { method: "PUT", body: JSON.stringify({ Job }) });
  return ((await response.json()) as Answer).JobID;
}

const pathOf = (jobId: string, query = "") => `/api/v1/orchestrator/jobs/${jobId}/logs${query}`;

/** A client of one stream: its frames, and its close code once it has closed. */
function follow(on: RunningNode, jobId: string, query = "?follow=true") {
  const socket = new WebSocket(`${on.apiUrl.replace("http", "ws")}${pathOf(jobId, query)}`);
  const frames: string[] = [];
  const opened = Promise.withResolvers<void>();
  const first = Promise.withResolvers<void>();
  const closed = Promise.withResolvers<number>();
  socket.addEventListener("open", () => opened.resolve());
  socket.addEventListener("message", ({ data }) => {
    frames.push(String(data));
    first.resolve();
  });
  socket.addEventListener("close", ({ code }) => {
    closed.resolve(code);
    opened.reject(new Error(`closed with ${code}`));
  });
  opened.promise.catch(() => {});
  return { socket, frames, opened: opened.promise, first: first.promise, closed: closed.promise };
}

/** What a server answers to a request to upgrade, as text. */
async function upgrade(path: string): Promise<string> {
  const { port } = new URL(node.apiUrl);
  const socket = connect(Number(port), "127.0.0.1");
  socket.write(
    `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
  );
  let text = "";
  for await (const chunk of socket) text += String(chunk);
  return text;
}

describe("GET /orchestrator/jobs/:id/logs", () => {
  test("sends lines as the task prints them, then ends with the job by code 1000, and again when it has ended", async () => {
    const jobId = await submit(node, { Stdout: "a & b <c>\nlast", DurationMs: 800 });
    const live = follow(node, jobId);
    await live.first;
    expect(live.frames).toEqual(['{"value":{"Type":1,"Line":"a & b <c>\\n"}}']);
    expect(await live.closed).toBe(1000);
    const all = ['{"value":{"Type":1,"Line":"a & b <c>\\n"}}', '{"value":{"Type":1,"Line":"last"}}'];
    expect(live.frames).toEqual(all);
    for (const query of ["", "?follow=true", "?tail=false", "?tail=2"]) {
      const later = follow(node, jobId, query);
      expect(await later.closed).toBe(1000);
      expect(later.frames).toEqual(all);
    }
    const tail = follow(node, jobId, "?tail=1&origin=true");
    expect(await tail.closed).toBe(1000);
    expect(tail.frames.map((frame) => JSON.parse(frame) as unknown)).toEqual([
      {
        value: { Type: 0, Line: "" },
        origin: {
          ExecutionID: expect.any(String),
          NodeID: node.nodeId,
          Skipped: { Stdout: 1, Stderr: 0 },
        },
      },
      { value: { Type: 1, Line: "last" }, origin: { ExecutionID: expect.any(String), NodeID: node.nodeId } },
    ]);
  });

  test("of a former version are there by job_version, and by an execution of it", async () => {
    const text = async (query: string): Promise<string> => {
      const { frames, closed } = follow(node, "renewed", query);
      expect(await closed).toBe(1000);
      return frames.join("");
    };
    const first = await submit(node, { Stdout: "old" }, { Name: "renewed" });
    expect(await text("?follow=true")).toContain('"Line":"old"');
    const jobs = `${node.apiUrl}/api/v1/orchestrator/jobs/${first}`;
    const [old] = ((await (await fetch(`${jobs}/executions`)).json()) as Answer).Items;
    expect(await submit(node, { Stdout: "new" }, { Name: "renewed" })).toBe(first);
    expect(await text("?follow=true")).toContain('"Line":"new"');
    for (const query of ["?job_version=1", "?job_version=1&follow=true", `?execution_id=${old?.ID}`])
      expect(await text(query)).toBe('{"value":{"Type":1,"Line":"old"}}');
    expect(await upgrade(pathOf(first, "?job_version=3"))).toMatch(
      /^HTTP\/1.1 404 [^]*requester\/unknown-version/,
    );
  });

  test("answers what is wrong before it upgrades, and what is no upgrade at all", async () => {
    const jobId = await submit(node, { Stdout: "x" });
    expect(await upgrade(pathOf("j-none"))).toMatch(/^HTTP\/1.1 404 [^]*requester\/unknown-job/);
    expect(await upgrade(pathOf(jobId, "?tail=some"))).toMatch(/^HTTP\/1.1 400 [^]*Cannot use tail/);
    const response = await fetch(`${node.apiUrl}${pathOf(jobId)}`);
    expect(response.status).toBe(426);
    expect(response.headers.get("upgrade")).toBe("websocket");
    expect(await response.json()).toMatchObject({ Code: "node/upgrade-required" });
    expect((await fetch(`${node.apiUrl}${pathOf("j-none")}`)).status).toBe(404);
    const strange = follow(node, jobId, "?execution_id=e-none");
    expect(await strange.closed).toBe(1000);
    expect(JSON.parse(strange.frames[0] ?? "")).toMatchObject({ error: expect.stringContaining("e-none") });
  });

  test("lets no more clients follow than the operator allows", async () => {
    const jobId = await submit(node, { Stdout: "x\n", DurationMs: 3_000 });
    const three = [1, 2, 3].map(() => follow(node, jobId));
    await Promise.all(three.map(({ first }) => first));
    expect(await upgrade(pathOf(jobId))).toMatch(/^HTTP\/1.1 429 /);
    three[0]?.socket.close();
    await three[0]?.closed;
    await expect
      .poll(() =>
        follow(node, jobId).opened.then(
          () => true,
          () => false,
        ),
      )
      .toBe(true);
    for (const { socket } of three) socket.close();
  });

  test("a client that only sends is cut off, and one that takes nothing holds up nobody", async () => {
    const jobId = await submit(node, { Stdout: "y\n".repeat(2_000), DurationMs: 1_000 });
    const rude = follow(node, jobId);
    await rude.opened;
    rude.socket.send("x".repeat(5_000));
    expect(await rude.closed).not.toBe(1000);
    const { port } = new URL(node.apiUrl);
    const still = connect(Number(port), "127.0.0.1");
    still.pause();
    still.write(
      `GET ${pathOf(jobId, "?follow=1")} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    );
    const fine = follow(node, jobId);
    expect(await fine.closed).toBe(1000);
    expect(fine.frames).toHaveLength(2_000);
    still.destroy();
  });

  test("a node that stops ends its streams by code 1001, at once", async () => {
    const other = await start("other");
    const jobId = await submit(other, { Stdout: "x\n", DurationMs: 60_000 });
    const live = follow(other, jobId);
    await live.first;
    const stopping = other.stop();
    expect(await live.closed).toBe(1001);
    await stopping;
  });
});
