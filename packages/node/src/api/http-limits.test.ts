import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { setImmediate as nextTurn } from "node:timers/promises";
import { afterEach, describe, expect, test } from "vitest";
import { createPinoLogger } from "../pino-logger.ts";
import { type Answer, startTestApi, type TestApi } from "./test-api.ts";

const JOBS = "/api/v1/orchestrator/jobs";
const EVENTS = "/api/v1/orchestrator/events";
const ALIVE = "/api/v1/agent/alive";
const HOST = "Host: localhost";
const KIB = 1024;
const MIB = 1024 * KIB;

let api: TestApi;
let lines: Record<string, unknown>[] = [];
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await api.stop();
});

type Change = NonNullable<Parameters<typeof startTestApi>[0]>;

async function start(change: Change = {}): Promise<string> {
  lines = [];
  const write = (line: string): void => {
    lines.push(JSON.parse(line) as Record<string, unknown>);
  };
  const logger = createPinoLogger({ level: "debug", format: "json", write });
  api = await startTestApi({ logger, ...change });
  return api.server.start();
}

async function connected(address: string): Promise<Socket> {
  const { hostname, port } = new URL(address);
  const socket = connect(Number(port), hostname);
  socket.on("error", () => {});
  sockets.push(socket);
  await once(socket, "connect");
  return socket;
}

/** What comes back on a connection over which `request` is sent, until the server ends it. */
async function raw(address: string, request: string): Promise<string> {
  const socket = await connected(address);
  socket.write(request);
  return text(socket);
}

interface Parsed {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Answer;
}

function parse(answer: string): Parsed {
  const [head = "", ...body] = answer.split("\r\n\r\n");
  const [status = "", ...fields] = head.split("\r\n");
  const headers = Object.fromEntries(
    fields.map((field) => [
      field.slice(0, field.indexOf(":")).toLowerCase(),
      field.slice(field.indexOf(":") + 2),
    ]),
  );
  return { status: Number(status.split(" ")[1]), headers, body: JSON.parse(body.join("\r\n\r\n")) as Answer };
}

const BASE64_KEY = "dGhlIHNhbXBsZSBub25jZQ==";
const upgrade = (path: string, more = `Sec-WebSocket-Key: ${BASE64_KEY}\r\n`): string =>
  `GET ${path} HTTP/1.1\r\n${HOST}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n${more}\r\n`;
const get = (path: string, ...headers: readonly string[]): string =>
  `GET ${path} HTTP/1.1\r\n${[HOST, "Connection: close", ...headers].join("\r\n")}\r\n\r\n`;
const put = (headers: string, body = ""): string =>
  `PUT ${JOBS} HTTP/1.1\r\n${HOST}\r\n${headers}\r\n\r\n${body}`;

describe("what is refused", () => {
  test.each<[string, string, number, string]>([
    ["what is no HTTP", "HELLO\r\n\r\n", 400, "node/invalid-request"],
    [
      "a body that has two lengths",
      put("Content-Length: 5\r\nTransfer-Encoding: chunked", "0\r\n\r\nGET /x HTTP/1.1\r\n\r\n"),
      400,
      "node/invalid-request",
    ],
    [
      "two lengths that differ",
      put("Content-Length: 5\r\nContent-Length: 6", "{}   "),
      400,
      "node/invalid-request",
    ],
    [
      "a chunk without a length",
      put("Transfer-Encoding: chunked", "zz\r\n{}\r\n"),
      400,
      "node/invalid-request",
    ],
    [
      "a header field without a name",
      `GET / HTTP/1.1\r\n${HOST}\r\n: x\r\n\r\n`,
      400,
      "node/invalid-request",
    ],
    [
      "a header with a line of its own before a colon",
      `GET / HTTP/1.1\r\n${HOST}\r\nA : x\r\n\r\n`,
      400,
      "node/invalid-request",
    ],
    [
      "a request line and header that are too long",
      get(ALIVE, `X: ${"x".repeat(20 * KIB)}`),
      431,
      "node/headers-too-large",
    ],
    ["a URL that is too long", get(`/${"x".repeat(20 * KIB)}`), 431, "node/headers-too-large"],
    ["a part of a path that is too long", get(`${JOBS}/${"x".repeat(2 * KIB)}`), 414, "node/url-too-long"],
    ["a path that can't be decoded", get("/api/%zz"), 400, "node/invalid-request"],
    [
      "a body that is too long",
      put(`Connection: close\r\nContent-Length: ${2 * MIB}`, "x".repeat(2 * MIB)),
      413,
      "node/body-too-large",
    ],
    ["an expectation that can't be met", get(ALIVE, "Expect: the-unexpected"), 417, "node/unmet-expectation"],
    ["a route that isn't there", get("/nothing"), 404, "node/unknown-route"],
    ["logs without an upgrade", get(`${JOBS}/j-none/logs`), 404, "requester/unknown-job"],
    ["an upgrade for logs of no job", upgrade(`${JOBS}/j-none/logs`), 404, "requester/unknown-job"],
    ["an upgrade of what is no stream", upgrade("/nothing"), 404, "node/unknown-route"],
  ])("%s gets its status, in the envelope, with a request id", async (_, request, status, code) => {
    const answer = parse(await raw(await start(), request));
    expect(answer.status).toBe(status);
    expect(answer.headers["x-request-id"]).toMatch(/^r-/);
    expect(answer.body).toMatchObject({
      Status: status,
      Code: code,
      RequestID: answer.headers["x-request-id"],
      Message: expect.stringMatching(/^Cannot /),
    });
  });

  test("a request after a body of two lengths is not looked at", async () => {
    const smuggled = `GET ${ALIVE} HTTP/1.1\r\n${HOST}\r\n\r\n`;
    const request = put(
      `Content-Length: ${smuggled.length + 5}\r\nTransfer-Encoding: chunked`,
      `0\r\n\r\n${smuggled}`,
    );
    const answer = await raw(await start(), request);
    expect(answer.match(/HTTP\/1\.1 /g)).toHaveLength(1);
    expect(answer).not.toContain("200 OK");
  });

  test("a WebSocket handshake that is none gets 400 in the envelope", async () => {
    const address = await start();
    const { JobID } = (await (
      await fetch(`${address}${JOBS}`, {
        method: "PUT",
        body: JSON.stringify({ Job: { Type: "batch", Tasks: [{ Name: "main", Engine: { Type: "noop" } }] } }),
      })
    ).json()) as Answer;
    const answer = parse(
      await raw(address, upgrade(`${JOBS}/${JobID}/logs`, "Sec-WebSocket-Key: short\r\n")),
    );
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({
      Code: "node/invalid-request",
      RequestID: answer.headers["x-request-id"],
    });
  });

  test("a header, and a body, that come too slowly get 408", async () => {
    const address = await start({ requestTimeoutMs: 100 });
    for (const request of [`GET ${ALIVE} HTTP/1.1\r\n`, put("Content-Length: 10", "{")]) {
      const answer = parse(await raw(address, request));
      expect(answer.status).toBe(408);
      expect(answer.body).toMatchObject({ Code: "node/too-slow", RequestID: answer.headers["x-request-id"] });
    }
  });

  test("a connection beyond the most gets 429 with Retry-After, and one that ends makes room", async () => {
    const address = await start({ maxConnections: 1 });
    const first = await connected(address);
    const answer = parse(await raw(address, ""));
    expect(answer.status).toBe(429);
    expect(answer.headers).toMatchObject({ "retry-after": "1", connection: "close" });
    expect(answer.body).toMatchObject({ Code: "node/overloaded", RequestID: answer.headers["x-request-id"] });
    first.destroy();
    await expect.poll(async () => parse(await raw(address, get(ALIVE))).status).toBe(200);
  });

  test("a client that asks too often gets 429 with Retry-After", async () => {
    const address = await start({ maxRequestRate: 3 });
    const asked = await Promise.all(Array.from({ length: 10 }, () => fetch(`${address}${ALIVE}`)));
    const refused = asked.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThan(0);
    for (const { headers } of refused) {
      expect(headers.get("retry-after")).toBe("1");
      expect(headers.get("x-request-id")).toMatch(/^r-/);
    }
  });
});

describe("what is answered", () => {
  test("requests that are sent at once are answered in their order, each with an id of its own", async () => {
    const many = Array.from(
      { length: 5 },
      (_, index) => `GET ${ALIVE}?n=${index} HTTP/1.1\r\n${HOST}\r\n\r\n`,
    );
    const answer = await raw(await start(), many.join("") + get("/nothing"));
    const ids = Array.from(answer.matchAll(/x-request-id: (\S+)/g), ([, id]) => id);
    expect(new Set(ids).size).toBe(6);
    expect(Array.from(answer.matchAll(/HTTP\/1\.1 (\d+)/g), ([, status]) => status)).toEqual([
      ..."11111".split("").map(() => "200"),
      "404",
    ]);
  });

  test("HTTP/1.0 is answered, and its connection closed", async () => {
    const answer = parse(await raw(await start(), `GET ${ALIVE} HTTP/1.0\r\n\r\n`));
    expect(answer).toMatchObject({ status: 200, headers: { connection: "close" }, body: { Status: "OK" } });
  });

  test("every line that a request brings about has its id, one says what was asked, and nothing secret is in any", async () => {
    const address = await start();
    const payload = { Job: { Type: "batch", Tasks: [{ Name: "main", Engine: { Type: "noop" } }] } };
    const submit = api.requester.submit.bind(api.requester);
    const { logger } = { logger: createPinoLogger({ level: "debug", format: "json", write: keep }) };
    Object.assign(api.requester, {
      submit: async (document: unknown, options: never) => {
        logger.info("deep within");
        return submit(document, options);
      },
    });
    const answer = await fetch(`${address}${JOBS}?secret=hidden`, {
      method: "PUT",
      body: JSON.stringify({ ...payload, Padding: "body-secret".padEnd(100_000, ".") }),
    });
    const requestId = answer.headers.get("x-request-id");
    await answer.text();
    await expect
      .poll(() => lines.filter((line) => line["requestId"] === requestId))
      .toEqual([
        expect.objectContaining({ message: "deep within" }),
        expect.objectContaining({
          level: "debug",
          message: "answered a request",
          method: "PUT",
          route: JOBS,
          status: 200,
          bytes: expect.any(Number),
          ms: expect.any(Number),
        }),
      ]);
    expect(JSON.stringify(lines)).not.toMatch(/hidden|body-secret/);
  });

  function keep(line: string): void {
    lines.push(JSON.parse(line) as Record<string, unknown>);
  }

  test("streams are told of when they end", async () => {
    const address = await start();
    const hangUp = new AbortController();
    const response = await fetch(`${address}${EVENTS}`, { signal: hangUp.signal });
    const requestId = response.headers.get("x-request-id");
    hangUp.abort();
    await expect
      .poll(() => lines.find((line) => line["requestId"] === requestId))
      .toMatchObject({ route: EVENTS, status: 200, message: "answered a request" });
  });
});

describe("a client that takes nothing", () => {
  /** Asks for `path`, and takes nothing of the answer; settles once the server has cut it off. */
  async function stall(address: string, path: string): Promise<number> {
    const ends = new Promise<Socket>((resolve) => {
      api.server.app.server.once("connection", resolve);
    });
    const socket = await connected(address);
    socket.pause();
    socket.write(`GET ${path} HTTP/1.1\r\n${HOST}\r\n\r\n`);
    const end = await ends;
    let mostHeld = 0;
    while (!end.destroyed) {
      mostHeld = Math.max(mostHeld, end.writableLength);
      await nextTurn();
    }
    return mostHeld;
  }

  test("of a download is cut off, and little was made for it", async () => {
    let made = 0;
    const address = await start({
      readTimeoutMs: 200,
      content: {
        exportCar: async function* () {
          for (; made < 1024; made += 1) yield new Uint8Array(256 * KIB);
        },
      },
    });
    const cid = "bafkreicysg23kiwv34eg2d7qweipxwosdo2py4ldv42nbauguluen5v6am";
    expect(await stall(address, `/ipfs/${cid}?format=car`)).toBeLessThan(2 * MIB);
    // 256 MiB would have been all; what the system holds for a connection is some.
    expect(made * 256 * KIB).toBeLessThan(32 * MIB);
    expect(lines).toContainEqual(
      expect.objectContaining({ message: "a client that took nothing was cut off" }),
    );
  });

  test("of events is cut off, and one page waits for it at most", async () => {
    const address = await start({ readTimeoutMs: 200 });
    const event = (await startOfEvents())[0];
    if (event === undefined) throw new Error("there is no event");
    // A store with very many of them.
    Object.assign(api.requester, {
      events: async ({ afterSeq, limit }: { afterSeq: number; limit: number }) =>
        Array.from({ length: limit }, (_, index) => ({ ...event, seq: afterSeq + index + 1 })),
    });
    expect(await stall(address, `${EVENTS}?job_id=${event.jobId}`)).toBeLessThan(2 * MIB);
  });

  async function startOfEvents() {
    await api.requester.submit({ Type: "batch", Tasks: [{ Name: "main", Engine: { Type: "noop" } }] });
    return api.requester.events({ afterSeq: 0, limit: 1 });
  }
});
