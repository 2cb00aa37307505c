import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { allows, type Need, needOf, type Right } from "./api-access.ts";
import type { ApiAuth } from "./api-auth.ts";
import { startTestApi, type TestApi } from "./test-api.ts";
import { type Ask, asker, makeTestAuth, makeTestClient, type TestClient } from "./test-auth.ts";

const HOUR_MS = 3_600_000;

describe("the table of rights", () => {
  const rights: Record<string, Right | undefined> = {
    "no key, anonymous none": undefined,
    "no key, anonymous read": "read",
    "no key, anonymous all": "full",
    "a key to read": "read",
    "a key to submit": "submit",
    "a key for all": "full",
    "a token of a client to read": "read",
    "a token of a client to submit": "submit",
    "a token of a client nobody registered, anonymous none": undefined,
    "a token of a client nobody registered, anonymous read": "read",
  };
  const invalid = [
    "a key nobody made",
    "a token of another node",
    "an expired key",
    "a revoked key",
    "an expired token",
    "a user and password",
    "no bearer",
  ];

  const store = makeTestAuth();
  const apis: TestApi[] = [];
  const asks: Record<string, { readonly ask: Ask; readonly headers: Record<string, string> }> = {};

  beforeAll(async () => {
    const [reader, submitter, stranger] = [makeTestClient(), makeTestClient(), makeTestClient()];
    const clients = [
      { name: "reader", right: "read" as const, key: reader.publicKey },
      { name: "submitter", right: "submit" as const, key: submitter.pem },
    ];
    const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` });
    async function askerOf(auth: ApiAuth): Promise<Ask> {
      const api = await startTestApi({ auth });
      apis.push(api);
      return asker(api);
    }
    async function logIn(auth: ApiAuth, client: TestClient): Promise<Record<string, string>> {
      const { MethodData } = client.answer(Buffer.from(auth.phrase()).toString("base64"));
      const data = JSON.parse(Buffer.from(MethodData, "base64").toString()) as Record<string, string>;
      const result = auth.logIn(data.PublicKey ?? "", data.PhraseSignature ?? "");
      return bearer("token" in result ? result.token : result.reason);
    }
    async function keyOf(right: Right, lifetimeMs?: number): Promise<{ key: string; keyId: string }> {
      const { key, record } = await store.keys.create({ name: right, right, lifetimeMs });
      return { key, keyId: record.keyId };
    }
    const auths = {
      none: store.with({ anonymous: "none", clients }),
      read: store.with({ anonymous: "read", clients }),
      all: store.with({ anonymous: "all", clients }),
    };
    const none = await askerOf(auths.none);
    const read = await askerOf(auths.read);
    const all = await askerOf(auths.all);
    const expired = bearer((await keyOf("full", 1000)).key);
    const expiredToken = await logIn(auths.none, submitter);
    store.pass(2 * HOUR_MS);
    const revoked = await keyOf("full");
    await store.keys.revoke(revoked.keyId);
    const strange = await logIn(auths.read, stranger);
    const other = makeTestAuth({ clients });
    Object.assign(asks, {
      "no key, anonymous none": { ask: none, headers: {} },
      "no key, anonymous read": { ask: read, headers: {} },
      "no key, anonymous all": { ask: all, headers: {} },
      "a key to read": { ask: none, headers: bearer((await keyOf("read")).key) },
      "a key to submit": { ask: none, headers: bearer((await keyOf("submit")).key) },
      "a key for all": { ask: none, headers: bearer((await keyOf("full")).key) },
      "a token of a client to read": { ask: none, headers: await logIn(auths.none, reader) },
      "a token of a client to submit": { ask: none, headers: await logIn(auths.none, submitter) },
      "a token of a client nobody registered, anonymous none": { ask: none, headers: strange },
      "a token of a client nobody registered, anonymous read": { ask: read, headers: strange },
      // What is wrong is refused although those without a key may do everything.
      "a key nobody made": { ask: all, headers: bearer(`gadus_${"x".repeat(43)}`) },
      "a token of another node": { ask: all, headers: await logIn(other.auth, submitter) },
      "an expired key": { ask: all, headers: expired },
      "a revoked key": { ask: all, headers: bearer(revoked.key) },
      "an expired token": { ask: all, headers: expiredToken },
      "a user and password": { ask: all, headers: { authorization: "Basic dXNlcjpwYXNz" } },
      "no bearer": { ask: all, headers: { authorization: "Bearer" } },
    });
    other.remove();
  });
  afterAll(async () => {
    for (const api of apis) await api.stop();
    store.remove();
  });

  async function routes(): Promise<readonly { readonly method: string; readonly url: string }[]> {
    await apis[0]?.server.app.ready();
    const all = apis[0]?.server.routes.all() ?? [];
    expect(all.length).toBeGreaterThan(30);
    // Who asks for this one has no token afterwards.
    const isLast = (url: string): number => Number(url.endsWith("/auth/self"));
    return all.toSorted((a, b) => isLast(a.url) - isLast(b.url) || b.method.localeCompare(a.method));
  }

  test("has every route of the server", async () => {
    const missing = (await routes()).filter(({ method, url }) => needOf(method, url) === undefined);
    expect(missing).toEqual([]);
  });

  test("opens to all nothing but what is needed to log in, what says what there is, and results that one has the link to", async () => {
    const open = (await routes()).filter(({ method, url }) => needOf(method, url) === "open");
    expect(open.map(({ method, url }) => `${method} ${url}`).toSorted()).toEqual([
      "GET /api/v1/agent/alive",
      "GET /api/v1/agent/authconfig",
      "GET /api/v1/agent/version",
      "GET /api/v1/auth",
      "GET /api/v1/auth/:method",
      "GET /docs",
      "GET /docs/:file",
      "GET /openapi.json",
      "GET /results/:archive",
      "HEAD /api/v1/agent/alive",
      "HEAD /api/v1/agent/authconfig",
      "HEAD /api/v1/agent/version",
      "HEAD /api/v1/auth",
      "HEAD /api/v1/auth/:method",
      "HEAD /docs",
      "HEAD /docs/:file",
      "HEAD /openapi.json",
      "HEAD /results/:archive",
      "POST /api/v1/auth/:method",
    ]);
  });

  async function outcome(
    { method, url }: { readonly method: string; readonly url: string },
    who: string,
  ): Promise<string> {
    const { ask, headers } = asks[who] ?? asks["no key, anonymous none"] ?? { ask: undefined, headers: {} };
    if (ask === undefined) throw new Error(`nobody is "${who}"`);
    // Events of a job that isn't there end at once; without one they would go on for ever.
    const path = `${url.replaceAll(/:[^/]+/g, "nothing")}?job_id=nothing`;
    const { status, body } = await ask(method, path, { headers });
    return status === 401 || status === 403 ? `${status} ${body.Code ?? ""}`.trim() : "passed";
  }

  function expected(method: string, need: Need | undefined, right: Right | undefined): string {
    if (need === "open") return "passed";
    const code = (text: string): string => (method === "HEAD" ? "" : text);
    if (right === undefined) return `401 ${code("node/unauthenticated")}`.trim();
    return allows(right, need ?? "full") ? "passed" : `403 ${code("node/forbidden")}`.trim();
  }

  test.each(Object.keys(rights))("holds on every route for %s", async (who) => {
    expect(asks[who]).toBeDefined();
    for (const route of await routes()) {
      const need = needOf(route.method, route.url);
      const name = `${route.method} ${route.url}`;
      expect(`${name}: ${await outcome(route, who)}`).toBe(
        `${name}: ${expected(route.method, need, rights[who])}`,
      );
    }
  });

  test.each(invalid)(
    "lets %s pass nowhere but where all may, whatever anonymous callers may do",
    async (who) => {
      expect(asks[who]).toBeDefined();
      for (const route of await routes()) {
        const need = needOf(route.method, route.url);
        const name = `${route.method} ${route.url}`;
        expect(`${name}: ${await outcome(route, who)}`).toBe(
          `${name}: ${expected(route.method, need, undefined)}`,
        );
      }
    },
  );
});
