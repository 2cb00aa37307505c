import { once } from "node:events";
import { connect } from "node:net";
import { text as textOf } from "node:stream/consumers";
import { describe, expect, inject, test } from "vitest";
import { JOBS, noop, run } from "./contract-jobs.ts";
import { REQUEST_ID, send } from "./raw-http.ts";

/** What the requester answers to `bytes`, which need be no HTTP. */
async function sendBytes(bytes: string): Promise<{ head: string; body: unknown }> {
  const { hostname, port } = new URL(inject("network").api);
  const socket = connect(Number(port), hostname);
  await once(socket, "connect");
  socket.write(bytes);
  const text = await textOf(socket);
  const at = text.indexOf("\r\n\r\n");
  return { head: text.slice(0, at), body: JSON.parse(text.slice(at + 4)) as unknown };
}

describe("an error", () => {
  test("is {Status, Message, RequestID, Code, Component, Hint, Details} with the matching HTTP status", async () => {
    const { status, body, headers } = await send("PUT", JOBS, { body: { Job: { Tasks: "none" } } });
    expect([status, body]).toEqual([
      400,
      {
        Status: 400,
        Message: expect.stringMatching(/^Cannot take Tasks: /),
        RequestID: REQUEST_ID,
        Code: "protocol/invalid-document",
        Component: "protocol",
        Hint: "Correct Tasks in the job document.",
        Details: { Field: "Tasks" },
      },
    ]);
    expect(headers["content-type"]).toBe("application/json; charset=utf-8");
    expect(headers["x-request-id"]).toBe((body as { RequestID: string }).RequestID);
  });

  const envelope = (status: number, code: string, more: object) => ({
    Status: status,
    RequestID: REQUEST_ID,
    Code: code,
    Component: code.split("/")[0],
    ...more,
  });

  test.each([
    [
      "GET",
      "/api/v1/orchestrator/nothing",
      undefined,
      envelope(404, "node/unknown-route", {
        Message: "Cannot answer GET /api/v1/orchestrator/nothing: there is no such route",
        Hint: expect.stringMatching(/./),
      }),
    ],
    [
      "POST",
      "/api/v1/agent/alive",
      undefined,
      envelope(405, "node/method-not-allowed", {
        Message: "Cannot answer POST /api/v1/agent/alive: POST is not for this route",
        Hint: expect.stringMatching(/GET/),
      }),
    ],
    [
      "PUT",
      JOBS,
      '{"Job": {',
      envelope(400, "node/invalid-request", {
        Message: "Cannot read the body at line 1, column 10: it ends too early",
        Hint: expect.stringMatching(/JSON/),
      }),
    ],
    [
      "PUT",
      JOBS,
      {},
      envelope(400, "node/invalid-request", {
        Message: "Cannot take the request: it has no Job",
        Hint: 'Send {"Job": {…}} with the job document inside.',
        Details: { Field: "Job" },
      }),
    ],
    [
      "GET",
      `${JOBS}?limit=-1`,
      undefined,
      envelope(400, "node/invalid-request", {
        Message: expect.stringMatching(/^Cannot use limit: /),
        Hint: "Correct limit.",
        Details: { Field: "limit" },
      }),
    ],
    [
      "GET",
      `${JOBS}/%zz`,
      undefined,
      envelope(400, "node/invalid-request", {
        Message: "Cannot read the path: it is not percent-encoded UTF-8",
        Hint: "Write each part of it as RFC 3986 has it.",
      }),
    ],
    [
      "GET",
      `${JOBS}/${"a".repeat(2000)}`,
      undefined,
      envelope(414, "node/url-too-long", {
        Message: "Cannot read the path: a part of it is longer than 1024 characters",
        Hint: "Write each part of it as RFC 3986 has it.",
      }),
    ],
  ])("of %s %.40s has the one envelope", async (method, path, body, expected) => {
    const answer = await send(method, path, body === undefined ? {} : { body });
    expect(answer.body).toEqual(expected);
    expect(answer.status).toBe((expected as { Status: number }).Status);
    expect(answer.headers["x-request-id"]).toBe((answer.body as { RequestID: string }).RequestID);
  });

  test("of what is no HTTP, or too much of it, has the one envelope too", async () => {
    const broken = await sendBytes("this is not HTTP\r\n\r\n");
    expect(broken.head).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(broken.body).toEqual(
      envelope(400, "node/invalid-request", {
        Message: "Cannot read the request: it is not HTTP (HPE_INVALID_METHOD)",
        Hint: "Send HTTP/1.1, with either Content-Length or Transfer-Encoding: chunked.",
      }),
    );
    const long = await sendBytes(
      `GET /api/v1/agent/alive HTTP/1.1\r\nhost: x\r\na: ${"b".repeat(20_000)}\r\n\r\n`,
    );
    expect(long.head).toMatch(/^HTTP\/1\.1 431 /);
    expect(long.body).toEqual(
      envelope(431, "node/headers-too-large", {
        Message: "Cannot read the request: its request line and header are longer than 16384 bytes",
        Hint: "Send fewer or shorter header fields, and a shorter URL.",
      }),
    );
  });
});

describe("answers", () => {
  test("write & as it is, and so with angle brackets", async () => {
    const jobId = await run(noop({ Stdout: "a & b <c>" }));
    const { text } = await send("GET", `${JOBS}/${jobId}`);
    expect(text).toContain('"Stdout":"a & b <c>"');
  });

  test("are JSON of a known length", async () => {
    const { headers, text } = await send("GET", "/api/v1/agent/alive");
    expect(headers).toMatchObject({
      "content-type": "application/json; charset=utf-8",
      "content-length": String(Buffer.byteLength(text)),
    });
  });

  test.each([
    ["X-Bacalhau-Git-Version", "v1.7.0"],
    ["X-Bacalhau-Git-Commit", "0123456789abcdef"],
    ["X-Bacalhau-Build-Date", "2025-01-01 00:00:00 +0000 UTC"],
    ["X-Bacalhau-Build-OS", "linux"],
    ["X-Bacalhau-Arch", "amd64"],
    ["X-Bacalhau-Installation-ID", "3c1a6b4e-0000-4000-8000-000000000000"],
    ["X-Bacalhau-Job-ID", "j-1"],
    ["Accept-Encoding", "gzip"],
    ["User-Agent", "bacalhau"],
  ])("are the same to a client that sends %s", async (name, value) => {
    const plain = await send("GET", "/api/v1/agent/version");
    const { status, body, headers } = await send("GET", "/api/v1/agent/version", {
      headers: { [name]: value },
    });
    expect([status, body]).toEqual([200, plain.body]);
    expect(headers["content-encoding"]).toBeUndefined();
  });
});
