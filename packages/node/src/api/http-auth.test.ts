import { createHash } from "node:crypto";
import { once } from "node:events";
import { request as httpRequest } from "node:http";
import { readFileSync } from "node:fs";
import type { LogFields } from "@gadus/protocol";
import { afterEach, describe, expect, test, vi } from "vitest";
import { configSchema } from "../config/config-schema.ts";
import { redactConfig } from "../config/redact-config.ts";
import { startTestApi, type TestApi } from "./test-api.ts";
import { type Ask, asker, makeTestAuth, makeTestClient, type TestAuth } from "./test-auth.ts";

const HOUR_MS = 3_600_000;
const KEYS = "/api/v1/auth/keys";
const LOGIN = "/api/v1/auth/ClientKey";
const NODE = "/api/v1/agent/node";

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function start(auth: TestAuth, change: Parameters<typeof startTestApi>[0] = {}): Promise<TestApi> {
  const api = await startTestApi({ auth: auth.auth, ...change });
  cleanups.push(() => api.stop());
  return api;
}

function authOf(...args: Parameters<typeof makeTestAuth>): TestAuth {
  const auth = makeTestAuth(...args);
  cleanups.push(() => auth.remove());
  return auth;
}

test("The table of rights keeps a route that it hasn't got from everybody", async () => {
  const auth = authOf({ anonymous: "all" });
  const api = await start(auth);
  api.server.app.get("/api/v1/new", async () => ({ secret: true }));
  const { key } = await auth.keys.create({ name: "a", right: "full" });
  const { status, body } = await asker(api)("GET", "/api/v1/new", { bearer: key });
  expect(status).toBe(403);
  expect(body.Message).toContain("no entry in the table");
});

describe("answers to those who may not", () => {
  test("are 401 with what is to be sent, in the API's envelope", async () => {
    const ask = asker(await start(authOf()));
    const { status, headers, body } = await ask("GET", "/api/v1/orchestrator/jobs");
    expect(status).toBe(401);
    expect(headers["www-authenticate"]).toBe('Bearer realm="gadus"');
    expect(body).toEqual({
      Status: 401,
      Message:
        'Cannot answer GET /api/v1/orchestrator/jobs: it takes the right "read", and nothing says who asks',
      RequestID: headers["x-request-id"],
      Code: "node/unauthenticated",
      Component: "node",
      Hint: expect.stringContaining("Authorization: Bearer KEY"),
    });
  });

  test("are 403 that names the right", async () => {
    const auth = authOf();
    const { key } = await auth.keys.create({ name: "ci", right: "read" });
    const { status, headers, body } = await asker(await start(auth))("PUT", "/api/v1/orchestrator/jobs", {
      bearer: key,
      payload: { Job: {} },
    });
    expect(status).toBe(403);
    expect(headers["www-authenticate"]).toBeUndefined();
    expect(body).toMatchObject({
      Status: 403,
      Code: "node/forbidden",
      Message:
        'Cannot answer PUT /api/v1/orchestrator/jobs: it takes the right "submit", and this key has "read"',
    });
  });

  test.each([
    ["Basic dXNlcjpwYXNz", "no users with passwords"],
    ["Bearer", "not a bearer's"],
    ["Bearer abcdefgh1 b", "not a bearer's"],
    ["Negotiate abcdefgh2", "not a bearer's"],
    [`Bearer ${"a".repeat(2000)}`, "longer than 1024"],
    ["Bearer gadust_e30.AAAA", "didn't issue the token"],
  ])("say what is wrong with %s, and repeat nothing of it", async (authorization, state) => {
    const ask = asker(await start(authOf({ anonymous: "all" })));
    const { status, headers, body, text } = await ask("GET", NODE, { headers: { authorization } });
    expect(status).toBe(401);
    expect(headers["www-authenticate"]).toBe('Bearer realm="gadus", error="invalid_token"');
    expect(body.Message).toContain(state);
    const [, secret = "no secret"] = authorization.split(" ");
    expect(text).not.toContain(secret);
  });

  test("come before an upgrade to WebSocket", async () => {
    const api = await start(authOf(), { host: "127.0.0.1" });
    const url = new URL(await api.server.start());
    const sent = httpRequest({
      port: url.port,
      path: "/api/v1/orchestrator/jobs/x/logs",
      headers: {
        connection: "Upgrade",
        upgrade: "websocket",
        "sec-websocket-version": "13",
        "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==",
      },
    }).end();
    const [response] = (await once(sent, "response")) as [{ statusCode: number; destroy(): void }];
    expect(response.statusCode).toBe(401);
    response.destroy();
  });

  test("have a request id on every route, also on one that isn't there", async () => {
    const ask = asker(await start(authOf()));
    for (const url of ["/api/v1/agent/alive", NODE, "/nowhere"])
      expect((await ask("GET", url)).headers["x-request-id"]).toMatch(/^r-/);
  });
});

describe("GET /auth and POST /auth/ClientKey", () => {
  async function phraseOf(ask: Ask): Promise<string> {
    const { status, body } = await ask("GET", "/api/v1/auth");
    expect(status).toBe(200);
    expect(body).toEqual({
      Methods: {
        ClientKey: {
          type: "challenge",
          params: { InputPhrase: expect.stringMatching(/^[A-Za-z0-9+/]+=*$/) },
        },
      },
    });
    return (body as unknown as { Methods: { ClientKey: { params: { InputPhrase: string } } } }).Methods
      .ClientKey.params.InputPhrase;
  }

  async function logIn(
    ask: Ask,
    client = makeTestClient(),
  ): Promise<{ success: boolean; token: string; reason: string }> {
    const { status, body } = await ask("POST", LOGIN, { payload: client.answer(await phraseOf(ask)) });
    expect(status).toBe(200);
    return (body as unknown as { Authentication: { success: boolean; token: string; reason: string } })
      .Authentication;
  }

  test("give a client that signs the phrase a token, which is good for what anonymous callers may do", async () => {
    const ask = asker(await start(authOf({ anonymous: "read" })));
    const given = await logIn(ask);
    expect(given).toEqual({ success: true, token: expect.stringMatching(/^gadust_/) });
    expect((await ask("GET", NODE, { bearer: given.token })).status).toBe(200);
    expect((await ask("PUT", "/api/v1/orchestrator/jobs", { bearer: given.token })).status).toBe(403);
  });

  test("give the right of a client that is registered, by its key or its fingerprint", async () => {
    const client = makeTestClient();
    const fingerprint = createHash("sha256").update(Buffer.from(client.publicKey, "base64")).digest("hex");
    for (const key of [
      client.publicKey,
      client.pem,
      `sha256:${fingerprint}`,
      `SHA256:${fingerprint.toUpperCase()}`,
    ]) {
      const ask = asker(await start(authOf({ clients: [{ name: "ada", right: "full", key }] })));
      const { token } = await logIn(ask, client);
      const { status, body } = await ask("GET", "/api/v1/auth/self", { bearer: token });
      expect(status).toBe(200);
      expect(body).toMatchObject({ Kind: "client", Right: "full", Name: "ada", Registered: true });
    }
  });

  test("refuse a client that nobody registered where anonymous callers may do nothing", async () => {
    const given = await logIn(asker(await start(authOf())));
    expect(given).toEqual({
      success: false,
      reason: expect.stringContaining("doesn't know client key sha256:"),
    });
  });

  test("refuse a signature of another phrase, a late one, and one by another key", async () => {
    const auth = authOf({ anonymous: "all" });
    const ask = asker(await start(auth));
    const client = makeTestClient();
    const refused = {
      Authentication: { success: false, reason: expect.stringContaining("not the key's signature") },
    };
    const phrase = await phraseOf(ask);
    const other = client.answer(Buffer.from("another phrase").toString("base64"));
    expect((await ask("POST", LOGIN, { payload: other })).body).toEqual(refused);
    const data = JSON.parse(Buffer.from(client.answer(phrase).MethodData, "base64").toString()) as object;
    const stolen = { ...data, PublicKey: makeTestClient().publicKey };
    const MethodData = Buffer.from(JSON.stringify(stolen)).toString("base64");
    expect((await ask("POST", LOGIN, { payload: { MethodData } })).body).toEqual(refused);
    auth.pass(11 * 60_000);
    expect((await ask("POST", LOGIN, { payload: client.answer(phrase) })).body).toEqual(refused);
  });

  test("refuse a key that is too short to be worth anything", async () => {
    const given = await logIn(asker(await start(authOf({ anonymous: "all" }))), makeTestClient(1024));
    expect(given).toEqual({ success: false, reason: expect.stringContaining("2048") });
  });

  test.each([{}, { MethodData: "e30=" }, { MethodData: "%%%" }, { MethodData: 7 }])(
    "answer 400 to what is no answer to the challenge: %j",
    async (payload) => {
      const ask = asker(await start(authOf()));
      expect((await ask("POST", LOGIN, { payload })).body).toMatchObject({
        Status: 400,
        Code: "node/invalid-request",
      });
    },
  );

  test("answer 404 to another method, and tell of one alone", async () => {
    const ask = asker(await start(authOf()));
    expect((await ask("POST", "/api/v1/auth/userpass", { payload: {} })).status).toBe(404);
    expect((await ask("GET", "/api/v1/auth/userpass")).status).toBe(404);
    const { body } = await ask("GET", LOGIN);
    expect(body).toMatchObject({ Name: "ClientKey", type: "challenge" });
    expect((await ask("GET", "/api/v1/agent/authconfig")).body).toEqual({ Version: "1.2.3", Config: {} });
  });

  test("give tokens that survive a restart, expire, and lose what their client loses", async () => {
    const client = makeTestClient();
    const clients = [{ name: "ada", right: "full" as const, key: client.publicKey }];
    let auth = makeTestAuth({ clients });
    cleanups.push(() => auth.remove());
    const { token } = await logIn(asker(await start(auth)), client);
    auth = auth.restart();
    const ask = asker(await start(auth));
    expect((await ask("GET", NODE, { bearer: token })).status).toBe(200);
    auth = auth.restart({ clients: [] });
    expect((await asker(await start(auth))("GET", NODE, { bearer: token })).status).toBe(401);
    auth = auth.restart({ clients });
    auth.pass(HOUR_MS);
    const late = await asker(await start(auth))("GET", NODE, { bearer: token });
    expect(late.status).toBe(401);
    expect(late.body.Message).toContain("expired");
  });

  test("of Bacalhau's command may be another server's where those without one may do everything, and nowhere else", async () => {
    const client = makeTestClient();
    const { token } = await logIn(asker(await start(authOf({ anonymous: "all" }))), client);
    const statusOf = async (anonymous: "all" | "read" | "none", bearer: string, version?: string) => {
      const headers = version === undefined ? {} : { "x-bacalhau-git-version": version };
      const ask = asker(await start(authOf({ anonymous })));
      return (await ask("GET", NODE, { headers: { ...headers, authorization: `Bearer ${bearer}` } })).status;
    };
    for (const stale of [token, "eyJhbGciOiJSUzI1NiJ9.e30.c2ln"]) {
      expect(await statusOf("all", stale, "v1.9.0")).toBe(200);
      expect(await statusOf("all", stale)).toBe(401);
      expect(await statusOf("read", stale, "v1.9.0")).toBe(401);
      expect(await statusOf("none", stale, "v1.9.0")).toBe(401);
    }
    expect(await statusOf("all", "gadus_of-nobody", "v1.9.0")).toBe(401);
  });

  test("give tokens that their holder can make worthless, also after a restart", async () => {
    const client = makeTestClient();
    let auth = makeTestAuth({ clients: [{ name: "ada", right: "read", key: client.publicKey }] });
    cleanups.push(() => auth.remove());
    const ask = asker(await start(auth));
    const { token } = await logIn(ask, client);
    const { token: other } = await logIn(ask, client);
    expect((await ask("DELETE", "/api/v1/auth/self", { bearer: token })).status).toBe(200);
    expect((await ask("GET", NODE, { bearer: token })).body.Message).toContain("revoked");
    auth = auth.restart();
    const again = asker(await start(auth));
    expect((await again("GET", NODE, { bearer: token })).status).toBe(401);
    expect((await again("GET", NODE, { bearer: other })).status).toBe(200);
  });
});

describe("API keys", () => {
  test("are told once, kept by their hash, listed without it, and revoked", async () => {
    let auth = makeTestAuth({ anonymous: "all" });
    cleanups.push(() => auth.remove());
    const logged: unknown[] = [];
    const log = (message: string, fields?: LogFields): void => void logged.push([message, fields]);
    const logger = { debug: log, info: log, warn: log, error: log, child: () => logger };
    const ask = asker(await start(auth, { logger }));
    const created = await ask("PUT", KEYS, { payload: { Name: "ci", Right: "submit", Lifetime: 60 } });
    expect(created.status).toBe(200);
    expect(created.headers["cache-control"]).toBe("no-store");
    expect(created.body).toEqual({
      Key: expect.stringMatching(/^gadus_[\w-]{43}$/),
      ID: expect.stringMatching(/^k-/),
      Name: "ci",
      Right: "submit",
      CreateTime: 1_700_000_000_000_000_000,
      ExpireTime: 1_700_000_060_000_000_000,
    });
    const { Key, ...shown } = created.body as unknown as { readonly Key: string; readonly ID: string };
    const list = await ask("GET", KEYS);
    expect(list.body).toEqual({ Items: [shown] });
    expect((await ask("GET", "/api/v1/auth/self", { bearer: Key })).body).toEqual({
      Kind: "key",
      Right: "submit",
      ID: shown.ID,
      Name: "ci",
    });

    auth = auth.restart({});
    const again = asker(await start(auth, { logger }));
    expect((await again("GET", NODE, { bearer: Key })).status).toBe(200);
    expect((await again("GET", KEYS, { bearer: Key })).status).toBe(403);
    expect((await again("DELETE", `${KEYS}/${shown.ID}`, { bearer: Key })).status).toBe(403);
    await auth.keys.revoke(shown.ID);
    const { status, body } = await again("GET", NODE, { bearer: Key });
    expect([status, body.Message]).toEqual([401, expect.stringContaining("was revoked")]);
    expect(JSON.stringify(logged)).toContain(shown.ID);
    expect(JSON.stringify(logged)).not.toContain(Key.slice(6));
  });

  test("revoke by their id, and answer 404 to another", async () => {
    const auth = authOf({ anonymous: "all" });
    const ask = asker(await start(auth));
    const { key, record } = await auth.keys.create({ name: "x", right: "full" });
    const { status, body } = await ask("DELETE", `${KEYS}/${record.keyId}`, { bearer: key });
    expect(status).toBe(200);
    expect(body).toMatchObject({ ID: record.keyId, RevokeTime: 1_700_000_000_000_000_000 });
    expect((await ask("GET", NODE, { bearer: key })).status).toBe(401);
    expect((await ask("DELETE", `${KEYS}/k-none`)).body).toMatchObject({
      Status: 404,
      Code: "node/unknown-key",
    });
  });

  test.each([
    [{ Right: "all", Name: "x" }, "Right"],
    [{ Right: "read" }, "Name"],
    [{ Right: "read", Name: "x", Lifetime: 0 }, "Lifetime"],
    [{ Right: "read", Name: "x".repeat(300) }, "Name"],
  ])("aren't made of what makes no sense: %j", async (payload, field) => {
    const ask = asker(await start(authOf({ anonymous: "all" })));
    const { status, body } = await ask("PUT", KEYS, { payload });
    expect([status, body.Details.Field]).toEqual([400, field]);
  });

  test("may stand in the configuration, by their hash", async () => {
    const hash = `sha256:${createHash("sha256").update("a key of mine").digest("hex")}`;
    const auth = authOf({ keys: [{ name: "mine", right: "submit", hash }] });
    const ask = asker(await start(auth));
    expect((await ask("GET", "/api/v1/auth/self", { bearer: "a key of mine" })).status).toBe(401);
    const key = "a-key-of-mine";
    const ownHash = `sha256:${createHash("sha256").update(key).digest("hex")}`;
    const own = authOf({ keys: [{ name: "mine", right: "submit", hash: ownHash }] });
    const answer = await asker(await start(own))("GET", "/api/v1/auth/self", { bearer: key });
    expect(answer.body).toEqual({ Kind: "key", Right: "submit", ID: "config:mine", Name: "mine" });
    expect((await asker(await start(own))("GET", NODE, { bearer: hash })).status).toBe(401);
  });
});

describe("streams end once their key is worth nothing any more", () => {
  async function startStreaming(): Promise<{ api: TestApi; auth: TestAuth; url: string }> {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    cleanups.push(() => void vi.useRealTimers());
    const auth = authOf();
    const api = await start(auth);
    return { api, auth, url: await api.server.start() };
  }

  test("server-sent events", async () => {
    const { auth, url } = await startStreaming();
    const { key, record } = await auth.keys.create({ name: "a", right: "read", lifetimeMs: HOUR_MS });
    const response = await fetch(`${url}/api/v1/orchestrator/events`, {
      headers: { authorization: `Bearer ${key}` },
    });
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    expect(new TextDecoder().decode((await reader.read()).value)).toContain("following");
    vi.advanceTimersByTime(15_000);
    await auth.keys.revoke(record.keyId);
    vi.advanceTimersByTime(15_000);
    const readOn = async (): Promise<void> => {
      while (!(await reader.read()).done);
    };
    await expect(readOn()).rejects.toThrow("terminated");
  });

  test("logs over WebSocket", async () => {
    const { api, auth, url } = await startStreaming();
    const { key } = await auth.keys.create({ name: "a", right: "submit", lifetimeMs: HOUR_MS });
    const payload = { Job: { Name: "x", Tasks: [{ Name: "main", Engine: { Type: "noop" } }] } };
    const { body } = await asker(api)("PUT", "/api/v1/orchestrator/jobs", { bearer: key, payload });
    const path = `${url}/api/v1/orchestrator/jobs/${body.JobID}/logs?follow=true`.replace("http", "ws");
    const socket = new WebSocket(path, { headers: { authorization: `Bearer ${key}` } });
    await once(socket, "open");
    vi.advanceTimersByTime(15_000);
    expect(socket.readyState).toBe(WebSocket.OPEN);
    auth.pass(HOUR_MS);
    const closed = once(socket, "close") as Promise<[CloseEvent]>;
    vi.advanceTimersByTime(15_000);
    expect((await closed)[0].code).toBe(1006);
  });
});

describe("who has no key", () => {
  test.each([
    [true, undefined, 200],
    [false, undefined, 401],
    [false, "read", 200],
    [true, "none", 401],
  ] as const)("on loopback %s with anonymous %s gets %i", async (isLoopback, anonymous, status) => {
    const auth = authOf(anonymous === undefined ? {} : { anonymous }, isLoopback);
    expect((await asker(await start(auth))("GET", NODE)).status).toBe(status);
  });

  test.each([
    ["a page of another site", { origin: "https://evil.example" }, 403],
    ["a page in a sandbox", { origin: "null" }, 403],
    ["a page whose name was made to lead here", { host: "evil.example:1234" }, 403],
    ["the API's own page", { host: "127.0.0.1:1234", origin: "http://127.0.0.1:1234" }, 200],
    ["a page that the operator allows", { origin: "https://ui.example.org" }, 200],
    ["no page at all", { host: "[::1]:1234" }, 200],
  ] as const)("is answered where it was %s: %j", async (_, headers, status) => {
    const auth = authOf({ anonymous: "all" }, true);
    const api = await start(auth, { corsOrigins: ["https://ui.example.org"] });
    const { key } = await auth.keys.create({ name: "a", right: "read" });
    const ask = asker(api);
    expect((await ask("GET", NODE, { headers })).status).toBe(status);
    expect((await ask("GET", NODE, { headers, bearer: key })).status).toBe(200);
  });
});

test("requests of one client beyond a rate are answered 429 with Retry-After, and those of others are not", async () => {
  const auth = authOf({ anonymous: "read" });
  const ask = asker(await start(auth, { maxRequestRate: 3 }));
  const { key } = await auth.keys.create({ name: "a", right: "read" });
  const { key: other } = await auth.keys.create({ name: "b", right: "read" });
  const answers = await Promise.all(Array.from({ length: 8 }, () => ask("GET", NODE, { bearer: key })));
  const refused = answers.filter(({ status }) => status === 429);
  expect(refused.length).toBeGreaterThanOrEqual(2);
  expect(refused[0]?.headers["retry-after"]).toBe("1");
  expect(refused[0]?.body).toMatchObject({ Status: 429, Code: "node/overloaded" });
  expect((await ask("GET", NODE, { bearer: other })).status).toBe(200);
  expect((await ask("GET", NODE)).status).toBe(200);
});

describe("the rate counts of one address", () => {
  test.each(["requests with keys that it guesses", "requests with tokens of keys that nobody registered"])(
    "%s",
    async (what) => {
      const auth = authOf({ anonymous: "read" });
      const ask = asker(await start(auth, { maxRequestRate: 2 }));
      const guessed = what.includes("guesses");
      const bearers = Array.from({ length: 6 }, (_, index) =>
        guessed ? `guess-${index}` : tokenOf(auth, makeTestClient()),
      );
      const statuses: number[] = [];
      for (const bearer of bearers) statuses.push((await ask("GET", NODE, { bearer })).status);
      expect(statuses[0]).toBe(guessed ? 401 : 200);
      expect(statuses).toContain(429);
    },
  );

  function tokenOf(auth: TestAuth, client: ReturnType<typeof makeTestClient>): string {
    const { MethodData } = client.answer(Buffer.from(auth.auth.phrase()).toString("base64"));
    const data = JSON.parse(Buffer.from(MethodData, "base64").toString()) as Record<string, string>;
    const given = auth.auth.logIn(data["PublicKey"] ?? "", data["PhraseSignature"] ?? "");
    return "token" in given ? given.token : "";
  }
});

test("a configuration is shown without its keys", () => {
  const hash = `sha256:${"ab".repeat(32)}`;
  const parsed = configSchema.parse({
    network: { swarmKey: "/key/swarm/psk/1.0.0/" },
    api: {
      auth: {
        keys: [{ name: "ci", right: "read", hash }],
        clients: [{ name: "ada", right: "full", key: hash }],
      },
    },
  });
  const shown = redactConfig(parsed);
  expect(shown).toMatchObject({ api: { port: 1234, auth: { keys: [{ name: "ci", right: "read" }] } } });
  const text = JSON.stringify(shown);
  expect(text).not.toContain("abab");
  expect(text).not.toContain("/key/swarm");
});

describe("OPTIONS and CORS", () => {
  const preflight = { origin: "https://ui.example.org", "access-control-request-method": "PUT" };

  test("tell no site anything unless the operator says so", async () => {
    const ask = asker(await start(authOf()));
    const { status, headers } = await ask("OPTIONS", "/api/v1/orchestrator/jobs", { headers: preflight });
    expect(status).toBe(204);
    expect(headers.allow).toBe("PUT, POST, GET, HEAD, OPTIONS");
    expect(Object.keys(headers).filter((name) => name.startsWith("access-control"))).toEqual([]);
  });

  test("let the pages of an allowed origin send a key, and of no other", async () => {
    const auth = authOf();
    const { key } = await auth.keys.create({ name: "ui", right: "read" });
    const ask = asker(await start(auth, { corsOrigins: ["https://ui.example.org"] }));
    const { status, headers } = await ask("OPTIONS", "/api/v1/orchestrator/jobs", { headers: preflight });
    expect(status).toBe(204);
    expect(headers).toMatchObject({
      "access-control-allow-origin": "https://ui.example.org",
      "access-control-allow-headers": expect.stringContaining("Authorization"),
      "access-control-allow-methods": expect.stringContaining("PUT"),
      vary: "Origin",
    });
    const asked = await ask("GET", NODE, { bearer: key, headers: { origin: "https://ui.example.org" } });
    expect(asked.headers["access-control-allow-origin"]).toBe("https://ui.example.org");
    const other = await ask("GET", NODE, { bearer: key, headers: { origin: "https://evil.example" } });
    expect(other.headers["access-control-allow-origin"]).toBeUndefined();
  });

  test("answer 404 where there is no route", async () => {
    expect((await asker(await start(authOf()))("OPTIONS", "/nowhere")).status).toBe(404);
  });
});

test("Nothing of a key is in the files of the store but its hash", async () => {
  const auth = authOf();
  const { key } = await auth.keys.create({ name: "a", right: "read" });
  const path = auth.file;
  const bytes = Buffer.concat([readFileSync(path), readFileSync(`${path}-wal`)]);
  expect(bytes.includes(key.slice(6))).toBe(false);
  expect(bytes.includes(createHash("sha256").update(key).digest())).toBe(true);
});
