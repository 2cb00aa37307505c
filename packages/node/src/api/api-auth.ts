import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { Clock, Randomness } from "@gadus/protocol";
import type { Right } from "./api-access.ts";
import type { AuthConfig } from "./api-auth-schema.ts";
import type { ApiKeyStore } from "./api-key-store.ts";
import { isToken, readToken, writeToken } from "./api-token.ts";
import { type ClientKey, readClientKey } from "./client-key.ts";
import { NodeError } from "../node-error.ts";

/** How long a client has to sign the phrase that it was given, and as long again. */
const PHRASE_WINDOW_MS = 300_000;
const MAX_CREDENTIAL_LENGTH = 1024;

/** Who sends a request. */
export type Caller =
  | { readonly kind: "anonymous"; readonly right: Right | undefined }
  | { readonly kind: "key"; readonly right: Right; readonly id: string; readonly name: string }
  | {
      readonly kind: "client";
      /** Undefined where nobody registered the key, and `anonymous` is `none`. */
      readonly right: Right | undefined;
      readonly id: string;
      readonly name: string;
      readonly registered: boolean;
      readonly expiresAtMs: number;
    };

/** What came of a client's signature. */
export type LogIn =
  | { readonly token: string; readonly client: string; readonly expiresAtMs: number }
  | { readonly reason: string };

/** Tells who sends a request, by what the request says of it. */
export interface ApiAuth {
  /** What those without a key may do. */
  readonly anonymous: Right | undefined;
  readonly keys: ApiKeyStore;
  /**
   * Who sends a request with this `Authorization` header.
   *
   * @throws {NodeError} `node/unauthenticated` where what it says is not, or no longer, good for anything
   */
  identify(authorization: string | undefined): Caller;
  /** What a client has to sign with its key, for now. */
  phrase(): Uint8Array;
  /** The token for who signed {@link phrase}. Both are base64, the key's PKCS#1 DER. */
  logIn(publicKey: string, signature: string): LogIn;
  /** Makes the token of `caller` worthless, at once and for good. */
  logOut(caller: Caller): Promise<void>;
}

/** What {@link createApiAuth} works with. */
export interface ApiAuthPorts {
  readonly keys: ApiKeyStore;
  /** Of this node: nobody signs its phrases by signing those of others. */
  readonly nodeId: string;
  /** Whether only this machine can reach the API. */
  readonly isLoopback: boolean;
  readonly clock: Clock;
  readonly randomness: Randomness;
}

/** Knows the keys of `config` and those in the store. */
export function createApiAuth(config: AuthConfig, ports: ApiAuthPorts): ApiAuth {
  const { keys, clock, randomness } = ports;
  const anonymous = anonymousRight(config.anonymous ?? (ports.isLoopback ? "all" : "none"));
  const clients = new Map(config.clients.map((client) => [client.key, client]));
  const named = config.keys.map(({ hash, ...key }) => ({ ...key, hash: Buffer.from(hash.slice(7), "hex") }));

  function ofKey(text: string): Caller {
    const stored = keys.find(text);
    if (stored !== undefined) {
      const { keyId: id, name, right, revokedAtMs, expiresAtMs = Infinity } = stored;
      if (revokedAtMs !== undefined) throw refused(`API key ${id} was revoked`, ANOTHER_KEY);
      if (expiresAtMs <= clock.nowMs()) throw refused(`API key ${id} has expired`, ANOTHER_KEY);
      return { kind: "key", id, name, right };
    }
    const hash = createHash("sha256").update(text).digest();
    // All are compared, so that the time tells nothing of which came near.
    const [found] = named.filter((key) => timingSafeEqual(key.hash, hash));
    if (found === undefined) throw refused("this node doesn't know the key", ANOTHER_KEY);
    return { kind: "key", id: `config:${found.name}`, name: found.name, right: found.right };
  }

  function ofToken(text: string): Caller {
    const token = readToken(text, keys.tokenSecret);
    if (token === undefined) throw refused("this node didn't issue the token", LOG_IN_AGAIN);
    const { tokenId: id, client, expiresAtMs } = token;
    if (expiresAtMs <= clock.nowMs()) throw refused("the token has expired", LOG_IN_AGAIN);
    if (keys.isTokenRevoked(id)) throw refused("the token was revoked", LOG_IN_AGAIN);
    const known = clients.get(client);
    return {
      kind: "client",
      id,
      name: known?.name ?? client,
      right: known?.right ?? anonymous,
      registered: known !== undefined,
      expiresAtMs,
    };
  }

  /** One for each window of time, so that the node need remember none of those that it gave. */
  function phraseOf(window: number): Uint8Array {
    const nonce = createHmac("sha256", keys.tokenSecret).update(`phrase ${window}`).digest("base64url");
    return Buffer.from(`Log in to the API of Gadus node ${ports.nodeId}: ${nonce}`);
  }

  function window(): number {
    return Math.floor(clock.nowMs() / PHRASE_WINDOW_MS);
  }

  function hasSigned(key: ClientKey, signature: Uint8Array): boolean {
    return [window(), window() - 1].some((index) => key.signed(phraseOf(index), signature));
  }

  return {
    anonymous,
    keys,
    identify: (authorization) => {
      if (authorization === undefined) return { kind: "anonymous", right: anonymous };
      const credential = bearerOf(authorization);
      return isToken(credential) ? ofToken(credential) : ofKey(credential);
    },
    phrase: () => phraseOf(window()),
    logIn: (publicKey, signature) => {
      const key = readClientKey(publicKey);
      if (key === undefined) return { reason: "PublicKey is not an RSA key of 2048 to 8192 bits, in PKCS#1" };
      const client = key.fingerprint;
      if (!hasSigned(key, Buffer.from(signature, "base64")))
        return { reason: "PhraseSignature is not the key's signature of the InputPhrase, or came too late" };
      if (!clients.has(client) && anonymous === undefined)
        return { reason: `this node doesn't know client key ${client}: its operator can list it` };
      const expiresAtMs = clock.nowMs() + config.tokenLifetimeMs;
      const token = writeToken({ client, expiresAtMs }, keys.tokenSecret, randomness);
      return { token, client, expiresAtMs };
    },
    logOut: async (caller) => {
      // What nobody registered has no more to lose than it has without a token.
      if (caller.kind === "client" && caller.registered)
        await keys.revokeToken(caller.id, caller.expiresAtMs);
    },
  };
}

const ANOTHER_KEY = "Ask the node's operator for a key, or use none.";
const LOG_IN_AGAIN = 'Log in again: "gadus auth login", or GET and POST /api/v1/auth.';

function anonymousRight(anonymous: "none" | "read" | "all"): Right | undefined {
  if (anonymous === "none") return undefined;
  return anonymous === "all" ? "full" : "read";
}

/** The credential of an `Authorization` header, of which no error repeats anything. */
function bearerOf(authorization: string): string {
  const [scheme = "", credential = "", ...rest] = authorization.trim().split(/\s+/);
  if (/^basic$/i.test(scheme))
    throw refused(
      "there are no users with passwords yet (Basic)",
      "Send an API key: Authorization: Bearer KEY.",
    );
  if (/^bearer$/i.test(scheme) && credential !== "" && rest.length === 0) {
    if (credential.length <= MAX_CREDENTIAL_LENGTH) return credential;
    throw refused(`the key or token is longer than ${MAX_CREDENTIAL_LENGTH} characters`, ANOTHER_KEY);
  }
  throw refused("the Authorization header is not a bearer's", "Write it as Authorization: Bearer KEY.");
}

function refused(state: string, hint: string): NodeError {
  return new NodeError("node/unauthenticated", `Cannot accept the credentials: ${state}`, { hint });
}
