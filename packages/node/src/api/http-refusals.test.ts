import { once } from "node:events";
import { connect } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Answer, startTestApi, type TestApi } from "./test-api.ts";

let api: TestApi;
beforeEach(async () => {
  api = await startTestApi();
});
afterEach(() => api.stop());

/** The answer to `text`, sent as it is. */
async function exchange(address: string, text: string): Promise<{ head: string; body: Answer }> {
  const { hostname, port } = new URL(address);
  const socket = connect(Number(port), hostname);
  socket.write(text);
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  await once(socket, "close");
  const [head = "", body = ""] = Buffer.concat(chunks).toString().split("\r\n\r\n");
  return { head, body: JSON.parse(body) as Answer };
}

test.each([
  ["what is not HTTP", "HELLO\r\n\r\n", 400, "node/invalid-request"],
  [
    "headers that are too long",
    `GET / HTTP/1.1\r\nX: ${"a".repeat(20_000)}\r\n\r\n`,
    431,
    "node/headers-too-large",
  ],
  [
    "a path that is not UTF-8",
    "GET /docs/%ff HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    400,
    "node/invalid-request",
  ],
  [
    "a part of a path that is too long",
    `GET /docs/${"a".repeat(1100)} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`,
    414,
    "node/url-too-long",
  ],
  [
    "a method that no route has",
    "QUERY /docs HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    405,
    "node/method-not-allowed",
  ],
] as const)("%s is answered with the envelope of errors", async (_, text, status, code) => {
  const { head, body } = await exchange(await api.server.start(), text);
  expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  expect(head.toLowerCase()).toContain(`x-request-id: ${body.RequestID}`);
  expect(body).toMatchObject({ Status: status, Code: code, Component: "node" });
});

test("a node that stops answers 503 to what still comes", async () => {
  let answer: Response | undefined;
  let address = "";
  api.server.app.addHook("preClose", async () => {
    answer = await fetch(`${address}/api/v1/agent/alive`);
  });
  address = await api.server.start();
  await api.server.stop();
  expect(answer?.status).toBe(503);
  expect(await answer?.json()).toMatchObject({ Status: 503, Code: "node/stopped" });
});
