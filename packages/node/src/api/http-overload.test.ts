import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { afterEach, expect, test } from "vitest";
import { startTestApi, type TestApi } from "./test-api.ts";

const MIB = 1024 * 1024;
const JOBS = "/api/v1/orchestrator/jobs";
const JOB = { Type: "batch", Tasks: [{ Name: "main", Engine: { Type: "noop" } }] };

let api: TestApi | undefined;
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await api?.stop();
  api = undefined;
});

async function connected(address: string): Promise<Socket> {
  const { hostname, port } = new URL(address);
  const socket = connect(Number(port), hostname);
  sockets.push(socket);
  await once(socket, "connect");
  return socket;
}

function headOf(sizeBytes: number): string {
  return `POST ${JOBS} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: ${sizeBytes}\r\n\r\n`;
}

/** A client that says it sends a body of `sizeBytes`, and has sent its beginning. */
async function begun(address: string, sizeBytes: number): Promise<Socket> {
  const socket = await connected(address);
  socket.write(`${headOf(sizeBytes)}{`);
  return socket;
}

/** A request of a long body from beginning to end: its status line and `Retry-After`. */
async function answerTo(address: string, body: string): Promise<{ status: string; retryAfter: string }> {
  const socket = await connected(address);
  const answer = text(socket);
  socket.write(headOf(body.length) + body);
  const [head = ""] = (await answer).split("\r\n\r\n");
  const [status = "", ...headers] = head.toLowerCase().split("\r\n");
  const retryAfter = headers.find((header) => header.startsWith("retry-after:")) ?? "";
  return { status: status.split(" ")[1] ?? "", retryAfter: retryAfter.split(": ")[1] ?? "" };
}

function jobOf(sizeBytes: number): string {
  return JSON.stringify({ Job: { ...JOB, Meta: {} }, Padding: "x".repeat(sizeBytes) });
}

async function metric(address: string, reason: string): Promise<number> {
  const lines = (await (await fetch(`${address}/metrics`)).text()).split("\n");
  const line = lines.find((each) => each.startsWith(`gadus_node_http_refused_total{reason="${reason}"}`));
  return Number(line?.split(" ")[1] ?? 0);
}

test("long bodies beyond the limit in bytes are answered 429 with Retry-After, and short ones taken", async () => {
  api = await startTestApi({ maxBodiesBytes: 2 * MIB, maxBodyBytes: MIB });
  const address = await api.server.start();
  const first = await begun(address, MIB);
  await begun(address, MIB);
  await expect.poll(async () => (await answerTo(address, jobOf(MIB / 2))).status).toBe("429");
  expect(await answerTo(address, jobOf(MIB / 2))).toEqual({ status: "429", retryAfter: "1" });
  expect(await answerTo(address, jobOf(10))).toEqual({ status: "200", retryAfter: "" });
  expect(await metric(address, "bytes")).toBeGreaterThan(0);
  first.destroy();
  await expect.poll(async () => (await answerTo(address, jobOf(MIB / 2))).status).toBe("200");
});

test("requests beyond the limit in count are answered 429 with Retry-After", async () => {
  api = await startTestApi({ maxBodies: 2 });
  const address = await api.server.start();
  await begun(address, 1000);
  await begun(address, 1000);
  await expect.poll(async () => (await answerTo(address, jobOf(10))).status).toBe("429");
  expect(await answerTo(address, jobOf(10))).toEqual({ status: "429", retryAfter: "1" });
  expect((await fetch(`${address}/api/v1/agent/alive`)).status).toBe(200);
  expect(await metric(address, "requests")).toBeGreaterThan(0);
});

test("a body counts until its job is stored, though its client has gone", async () => {
  api = await startTestApi({ maxBodies: 1 });
  const address = await api.server.start();
  const reached = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  const submit = api.requester.submit.bind(api.requester);
  Object.assign(api.requester, {
    submit: async (document: unknown) => {
      reached.resolve();
      await gate.promise;
      return submit(document);
    },
  });
  const client = await connected(address);
  const body = jobOf(10);
  client.write(headOf(body.length) + body);
  await reached.promise;
  client.destroy();
  expect((await answerTo(address, body)).status).toBe("429");
  gate.resolve();
  await expect.poll(async () => (await answerTo(address, body)).status).toBe("200");
});

test("connections beyond the limit are answered 429 with Retry-After, and served once there is room", async () => {
  api = await startTestApi({ maxConnections: 2 });
  const address = await api.server.start();
  const first = await begun(address, 1000);
  await begun(address, 1000);
  await expect.poll(() => answerTo(address, jobOf(10))).toEqual({ status: "429", retryAfter: "1" });
  first.destroy();
  await expect.poll(async () => (await answerTo(address, jobOf(10))).status).toBe("200");
  expect(await metric(address, "connections")).toBeGreaterThan(0);
});

test("jobs beyond what the requester takes are answered 429 with Retry-After", async () => {
  api = await startTestApi({}, { maxLiveJobs: 1 });
  const address = await api.server.start();
  expect((await answerTo(address, jobOf(10))).status).toBe("200");
  expect(await answerTo(address, jobOf(10))).toEqual({ status: "429", retryAfter: "1" });
});

test("a body doesn't count once it is answered, though another's answer is before it on the connection", async () => {
  api = await startTestApi({ maxBodies: 2 });
  let answers = 0;
  const answered = Promise.withResolvers<void>();
  api.server.app.addHook("onSend", async () => {
    answers += 1;
    if (answers === 2) answered.resolve();
  });
  const address = await api.server.start();
  const socket = await connected(address);
  const bad = `POST ${JOBS} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\n{bad`;
  socket.write(`GET /api/v1/orchestrator/events HTTP/1.1\r\nHost: localhost\r\n\r\n${bad.repeat(2)}`);
  await answered.promise;
  expect((await answerTo(address, "{bad")).status).toBe("400");
});
