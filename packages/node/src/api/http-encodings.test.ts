import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Answer, startTestApi, type TestApi } from "./test-api.ts";

const JOBS = "/api/v1/orchestrator/jobs";
const BODY = JSON.stringify({ Job: { Tasks: [{ Engine: { Type: "noop" } }] } });

let api: TestApi;
beforeEach(async () => {
  api = await startTestApi();
});
afterEach(() => api.stop());

test.each([
  [JOBS, "gzip"],
  [JOBS, "br, gzip"],
  ["/api/v1/orchestrator/blobs", "gzip"],
  ["/api/v1/orchestrator/blobs", "deflate"],
])(
  "PUT %s of a body with Content-Encoding: %s is answered 415, with the header and the fix",
  async (url, encoding) => {
    const headers = { "content-encoding": encoding, "content-type": "application/json" };
    const payload = gzipSync(BODY);
    const answer = await api.server.app.inject({ method: "PUT", url, headers, payload });
    expect([answer.statusCode, answer.headers["accept-encoding"]]).toEqual([415, "identity"]);
    expect(answer.json<Answer>()).toMatchObject({
      Code: "node/unsupported-media-type",
      Message: `Cannot read the body: its Content-Encoding is "${encoding}", and only plain bodies are taken`,
      Hint: "Send the body as it is, without Content-Encoding.",
      Details: { Field: "Content-Encoding" },
    });
  },
);

test("a long body that is encoded is refused over HTTP, to a client that goes on sending", async () => {
  const address = await api.server.start();
  const chunk = new Uint8Array(64 * 1024);
  let chunks = 0;
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => (chunks++ < 64 ? controller.enqueue(chunk) : controller.close()),
  });
  const init = { method: "PUT", headers: { "content-encoding": "gzip" }, body, duplex: "half" };
  const answer = await fetch(`${address}/api/v1/orchestrator/blobs`, init as RequestInit);
  expect(answer.status).toBe(415);
});

test.each(["identity", "Identity", ""])("a body with Content-Encoding %j is plain", async (encoding) => {
  const headers = { "content-encoding": encoding };
  const answer = await api.server.app.inject({ method: "PUT", url: JOBS, headers, payload: BODY });
  expect(answer.statusCode).toBe(200);
});

test("a request without a body may say any Content-Encoding", async () => {
  const answer = await api.server.app.inject({ url: JOBS, headers: { "content-encoding": "gzip" } });
  expect(answer.statusCode).toBe(200);
});
