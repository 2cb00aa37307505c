import { createHmac, timingSafeEqual } from "node:crypto";
import { newId, type Randomness } from "@gadus/protocol";
import { z } from "zod";

const PREFIX = "gadust_";
const MAX_TOKEN_LENGTH = 1024;

/** What a client got for its key: it says who it is, for a while. */
export interface ApiToken {
  readonly tokenId: string;
  /** Fingerprint of the client's key. */
  readonly client: string;
  readonly expiresAtMs: number;
}

/** A token for `client`, as text: what it says, signed with HMAC-SHA256, so that nothing need be kept for it. */
export function writeToken(
  { client, expiresAtMs }: Omit<ApiToken, "tokenId">,
  secret: Uint8Array,
  randomness: Randomness,
): string {
  const claims = JSON.stringify([newId("t", randomness), client, expiresAtMs]);
  const body = Buffer.from(claims).toString("base64url");
  return `${PREFIX}${body}.${sign(body, secret).toString("base64url")}`;
}

/** Whether `text` looks like a token, and so isn't an API key. */
export function isToken(text: string): boolean {
  return text.startsWith(PREFIX);
}

/** The token that `text` is; undefined unless it was signed with `secret`. It may have expired. */
export function readToken(text: string, secret: Uint8Array): ApiToken | undefined {
  if (!isToken(text) || text.length > MAX_TOKEN_LENGTH) return undefined;
  const [body = "", signature = ""] = text.slice(PREFIX.length).split(".");
  const given = Buffer.from(signature, "base64url");
  const right = sign(body, secret);
  if (given.length !== right.length || !timingSafeEqual(given, right)) return undefined;
  const [tokenId, client, expiresAtMs] = claimsSchema.parse(
    JSON.parse(Buffer.from(body, "base64url").toString()),
  );
  return { tokenId, client, expiresAtMs };
}

const claimsSchema = z.tuple([z.string(), z.string(), z.number()]);

function sign(body: string, secret: Uint8Array): Buffer {
  return createHmac("sha256", secret).update(`token ${body}`).digest();
}
