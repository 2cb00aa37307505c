import { createSign, generateKeyPairSync, type KeyObject } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Clock } from "@gadus/protocol";
import type { z } from "zod";
import { type ApiAuth, createApiAuth } from "./api-auth.ts";
import { authConfig } from "./api-auth-schema.ts";
import { type ApiKeyStore, openApiKeyStore } from "./api-key-store.ts";
import type { Answer, TestApi } from "./test-api.ts";
import { systemClock } from "../system-clock.ts";
import { systemRandomness } from "../system-randomness.ts";

/** Authentication on a real store, with a clock that tests set. */
export interface TestAuth {
  readonly auth: ApiAuth;
  readonly keys: ApiKeyStore;
  /** Of the store. */
  readonly file: string;
  /** Another on the same store at the same time. */
  with(config: z.input<typeof authConfig>): ApiAuth;
  /** Lets `ms` pass. */
  pass(ms: number): void;
  /** The same as after a restart, perhaps with another configuration. */
  restart(config?: z.input<typeof authConfig>): TestAuth;
  remove(): void;
}

/** Authentication by `config`, in a folder of its own. */
export function makeTestAuth(config: z.input<typeof authConfig> = {}, isLoopback = false): TestAuth {
  const folder = mkdtempSync(join(tmpdir(), "gadus-auth-"));
  let now = 1_700_000_000_000;
  const clock: Clock = { ...systemClock, nowMs: () => now };
  function open(current: z.input<typeof authConfig>): TestAuth {
    const file = join(folder, "api-auth.db");
    const keys = openApiKeyStore(file, clock, systemRandomness);
    const ports = { keys, nodeId: "node-r", isLoopback, clock, randomness: systemRandomness };
    return {
      keys,
      file,
      auth: createApiAuth(authConfig.parse(current), ports),
      with: (other) => createApiAuth(authConfig.parse(other), ports),
      pass: (ms) => {
        now += ms;
      },
      restart: (next = current) => {
        keys.close();
        return open(next);
      },
      remove: () => {
        keys.close();
        rmSync(folder, { recursive: true });
      },
    };
  }
  return open(config);
}

/** The key of a client as Bacalhau's have one. */
export interface TestClient {
  /** PKCS#1 DER in base64. */
  readonly publicKey: string;
  readonly pem: string;
  /** The body of `POST /auth/ClientKey` for a phrase in base64. */
  answer(inputPhrase: string): { readonly Name: string; readonly MethodData: string };
}

/** Makes a client's key. */
export function makeTestClient(modulusLength = 2048): TestClient {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength });
  const der = publicKey.export({ type: "pkcs1", format: "der" }).toString("base64");
  return {
    publicKey: der,
    pem: publicKey.export({ type: "pkcs1", format: "pem" }).toString(),
    answer: (inputPhrase) => ({ Name: "ClientKey", MethodData: methodData(privateKey, der, inputPhrase) }),
  };
}

function methodData(privateKey: KeyObject, PublicKey: string, inputPhrase: string): string {
  const signer = createSign("RSA-SHA256").update(Buffer.from(inputPhrase, "base64"));
  const PhraseSignature = signer.sign(privateKey, "base64");
  return Buffer.from(JSON.stringify({ PhraseSignature, PublicKey })).toString("base64");
}

/** Sends a request to an API that doesn't listen. */
export type Ask = (
  method: string,
  url: string,
  options?: {
    readonly bearer?: string;
    readonly headers?: Record<string, string>;
    readonly payload?: object;
  },
) => Promise<{ status: number; body: Answer; headers: Record<string, unknown>; text: string }>;

/** Asks `api`. */
export function asker(api: TestApi): Ask {
  return async (method, url, { bearer, headers = {}, payload } = {}) => {
    const response = await api.server.app.inject({
      method: method as "GET",
      url,
      headers: { ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }), ...headers },
      ...(payload !== undefined && { payload }),
    });
    const text = response.payload;
    return {
      status: response.statusCode,
      headers: response.headers,
      text,
      body: (text.startsWith("{") ? JSON.parse(text) : {}) as Answer,
    };
  };
}
