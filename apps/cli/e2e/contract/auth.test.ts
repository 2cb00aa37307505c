import { generateKeyPairSync, sign } from "node:crypto";
import { describe, expect, test } from "vitest";
import { JOBS } from "./contract-jobs.ts";
import { get, NANOSECONDS, REQUEST_ID, send } from "./raw-http.ts";

const BASE64: unknown = expect.stringMatching(/^[A-Za-z0-9+/]+={0,2}$/);
const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });

interface Methods {
  readonly Methods: { readonly ClientKey: { readonly params: { readonly InputPhrase: string } } };
}

/** The body that logs in by the phrase that `GET /auth` has, signed with `key`. */
async function logIn(key = privateKey): Promise<object> {
  const { Methods } = (await get("/api/v1/auth")) as Methods;
  const phrase = Buffer.from(Methods.ClientKey.params.InputPhrase, "base64");
  const data = {
    PhraseSignature: sign("sha256", phrase, key).toString("base64"),
    PublicKey: publicKey.export({ type: "pkcs1", format: "der" }).toString("base64"),
  };
  return { Name: "ClientKey", MethodData: Buffer.from(JSON.stringify(data)).toString("base64") };
}

describe("/auth", () => {
  test("GET answers the one method, a challenge with a phrase in base64: an empty map makes clients give up", async () => {
    expect(await get("/api/v1/auth")).toEqual({
      Methods: { ClientKey: { type: "challenge", params: { InputPhrase: BASE64 } } },
    });
  });

  test("GET of the method answers its challenge", async () => {
    const { InputPhrase } = ((await get("/api/v1/auth")) as Methods).Methods.ClientKey.params;
    expect(await get("/api/v1/auth/ClientKey")).toEqual({
      Name: "ClientKey",
      type: "challenge",
      params: { InputPhrase },
    });
  });

  test("POST of a phrase signed by an RSA key in PKCS#1 answers a token, which is then a bearer's", async () => {
    const { status, body } = await send("POST", "/api/v1/auth/ClientKey", { body: await logIn() });
    expect([status, body]).toEqual([
      200,
      { Authentication: { success: true, token: expect.stringMatching(/^\S{20,}$/) } },
    ]);
    const { token } = (body as { Authentication: { token: string } }).Authentication;
    const headers = { authorization: `Bearer ${token}` };
    expect(await send("GET", JOBS, { headers })).toMatchObject({ status: 200 });
    const self = await send("GET", "/api/v1/auth/self", { headers });
    // A client key that nobody registered gets what anonymous gets: on loopback, everything.
    expect([self.status, self.body]).toEqual([
      200,
      {
        Kind: "client",
        Right: "full",
        ID: expect.any(String),
        Name: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
        ExpireTime: NANOSECONDS,
        Registered: false,
      },
    ]);
    expect(await send("GET", "/api/v1/auth/self")).toMatchObject({
      status: 200,
      body: { Kind: "anonymous", Right: "full" },
    });
  });

  test("POST of a signature by another key answers success false with the reason, and no token", async () => {
    const other = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
    const { status, body } = await send("POST", "/api/v1/auth/ClientKey", { body: await logIn(other) });
    expect([status, body]).toEqual([
      200,
      {
        Authentication: {
          success: false,
          reason: "PhraseSignature is not the key's signature of the InputPhrase, or came too late",
        },
      },
    ]);
  });

  test("any other method is refused by name", async () => {
    const { status, body } = await send("POST", "/api/v1/auth/Password", { body: await logIn() });
    expect([status, body]).toEqual([
      404,
      expect.objectContaining({ Message: 'Cannot log in by "Password": there is no such method' }),
    ]);
  });

  test("an API key is a bearer's, with its own right", async () => {
    const made = await send("POST", "/api/v1/auth/keys", { body: { Name: "contract", Right: "read" } });
    const { Key, ID } = made.body as { Key: string; ID: string };
    const headers = { authorization: `Bearer ${Key}` };
    expect(await send("GET", JOBS, { headers })).toMatchObject({ status: 200 });
    expect(await send("GET", "/api/v1/auth/self", { headers })).toMatchObject({
      status: 200,
      body: { Kind: "key", Right: "read", ID, Name: "contract" },
    });
    const submitted = await send("PUT", JOBS, { headers, body: { Job: {} } });
    expect([submitted.status, submitted.body]).toEqual([
      403,
      expect.objectContaining({ Status: 403, Code: "node/forbidden" }),
    ]);
    expect((await send("DELETE", `/api/v1/auth/keys/${ID}`)).status).toBe(200);
    expect((await send("GET", JOBS, { headers })).status).toBe(401);
  });

  test.each([
    ["Bearer of-nobody", "this node doesn't know the key"],
    ["Basic dXNlcjpwYXNz", "there are no users with passwords yet (Basic)"],
    ["Digest x", "the Authorization header is not a bearer's"],
  ])("401 is the answer to %s, and clients log in again", async (authorization, state) => {
    const { status, body, headers } = await send("GET", JOBS, { headers: { authorization } });
    expect([status, body]).toEqual([
      401,
      {
        Status: 401,
        Message: `Cannot accept the credentials: ${state}`,
        RequestID: REQUEST_ID,
        Code: "node/unauthenticated",
        Component: "node",
        Hint: expect.any(String),
      },
    ]);
    expect(headers["www-authenticate"]).toBe('Bearer realm="gadus", error="invalid_token"');
  });

  test("a token of another server's doesn't lock Bacalhau's command out where those without one may do all", async () => {
    const headers = {
      authorization: "Bearer eyJhbGciOiJSUzI1NiJ9.e30.c2ln",
      "x-bacalhau-git-version": "v1.9.0",
    };
    expect((await send("GET", JOBS, { headers })).status).toBe(200);
  });

  test("logging in takes no token, and is possible with one that is worth nothing any more", async () => {
    const headers = { authorization: "Bearer stale" };
    const { status } = await send("GET", "/api/v1/auth", { headers });
    expect(status).toBe(200);
  });
});
