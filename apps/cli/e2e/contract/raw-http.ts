import { once } from "node:events";
import { type IncomingHttpHeaders, type IncomingMessage, request } from "node:http";
import { text as textOf } from "node:stream/consumers";
import { expect, inject } from "vitest";

/** What came back, byte for byte, and as JSON. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** Integers that a number can't hold exactly are a `bigint`: the times of jobs. */
  readonly body: unknown;
}

/** What of a request is other than usual. */
export interface Wish {
  readonly headers?: Readonly<Record<string, string>>;
  /** An object is sent as JSON, a text as it is. */
  readonly body?: unknown;
  /** @default the requester's */
  readonly api?: string;
}

/** Sends one request with Node's plain HTTP client, and nothing that it was not told to. */
export async function send(method: string, path: string, wish: Wish = {}): Promise<Answer> {
  const { body, headers = {}, api = inject("network").api } = wish;
  const bytes =
    body === undefined ? undefined : Buffer.from(typeof body === "string" ? body : JSON.stringify(body));
  const length = bytes === undefined ? {} : { "content-length": String(bytes.length) };
  const sent = request(new URL(path, api), { method, headers: { ...length, ...headers }, agent: false });
  sent.end(bytes);
  const [answer] = (await once(sent, "response")) as [IncomingMessage];
  const text = await textOf(answer);
  return { status: answer.statusCode ?? 0, headers: answer.headers, text, body: parseExact(text) };
}

/** The JSON of `GET path`, which must be 200. */
export async function get(path: string): Promise<unknown> {
  const { status, text, body } = await send("GET", path);
  if (status !== 200) throw new Error(`GET ${path} was answered ${status}: ${text}`);
  return body;
}

/** JSON, with integers beyond 2^53 as `bigint`; undefined where it is none. */
function parseExact(text: string): unknown {
  const exact = (_key: string, value: unknown, context?: { readonly source?: string }): unknown => {
    if (typeof value !== "number" || Number.isSafeInteger(value)) return value;
    const source = context?.source ?? "";
    return /^-?\d+$/.test(source) ? BigInt(source) : value;
  };
  try {
    return JSON.parse(text, exact) as unknown;
  } catch {
    return undefined;
  }
}

const UUID = "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}";
export const JOB_ID: unknown = expect.stringMatching(new RegExp(`^j-${UUID}$`));
export const EXECUTION_ID: unknown = expect.stringMatching(new RegExp(`^e-${UUID}$`));
export const EVALUATION_ID: unknown = expect.stringMatching(new RegExp(`^v-${UUID}$`));
export const REQUEST_ID: unknown = expect.stringMatching(new RegExp(`^r-${UUID}$`));
export const NODE_ID: unknown = expect.stringMatching(/^12D3KooW[1-9A-HJ-NP-Za-km-z]{44}$/);
export const CID: unknown = expect.stringMatching(/^baf[a-z2-7]{56}$/);
export const ISO_TIME: unknown = expect.stringMatching(/^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
/** An integer that a double can't hold: nanoseconds since 1970, of now. */
export const NANOSECONDS: unknown = expect.any(BigInt);
