import { apiError, unreachableError } from "./api-error.ts";
import { anySignal, type CallOptions } from "./call-options.ts";
import { ClientError } from "./client-error.ts";

/** How long a request may take until its answer begins, and an answer that is read whole may pause. */
const ANSWER_TIMEOUT_MS = 30_000;
/** How long a node may look for content on the network. */
export const FETCH_TIMEOUT_MS = 120_000;
/** How long an upload may take. */
export const UPLOAD_TIMEOUT_MS = 600_000;
/** Bytes of an answer that is read whole. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

/** What is uploaded. Browsers send streams over HTTP/2 only: give them a Blob, such as a File. */
export type Content = Uint8Array | Blob | ReadableStream<Uint8Array>;

export interface ApiRequest extends CallOptions {
  readonly method?: "GET" | "PUT" | "POST" | "DELETE";
  /** A parameter with several values is there several times. */
  readonly query?: Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent as it is. */
  readonly body?: Content;
  /** @default ANSWER_TIMEOUT_MS */
  readonly timeoutMs?: number;
  /** The status that is right. @default 200 */
  readonly status?: number;
}

/** Sends a request, and settles once its answer has begun with the status that is right. */
export type SendRequest = (path: string, request?: ApiRequest) => Promise<Response>;

/** Sends a request to a path below `/api/v1`, and reads its answer. */
export type SendJson = <T>(path: string, request?: ApiRequest) => Promise<T>;

/** Where requests go, and as whose. */
export interface Destination {
  /** Without a slash at its end. */
  readonly url: string;
  readonly token: () => string | undefined;
  readonly fetch: typeof fetch;
  /** Ends every request. */
  readonly signal: AbortSignal | undefined;
}

/**
 * Sends requests to the API.
 *
 * Every error names the API's address, or is what the API said.
 *
 * @throws {ClientError} `client/unreachable`, and what {@link apiError} makes of other answers than 200
 * @throws the signal's reason, if `signal` aborts
 */
export function makeSendRequest(to: Destination): SendRequest {
  const { url: baseUrl, fetch: fetchOf } = to;
  return async (path, given = {}) => {
    const signal = anySignal(to.signal, given.signal);
    const request: ApiRequest = { ...given, headers: { ...authorization(to.token()), ...given.headers } };
    const url = new URL(`${baseUrl}${path}`);
    for (const [key, value] of Object.entries(request.query ?? {})) {
      for (const each of [value ?? []].flat()) url.searchParams.append(key, String(each));
    }
    const late = new AbortController();
    const timeoutMs = request.timeoutMs ?? ANSWER_TIMEOUT_MS;
    const timer = setTimeout(() => late.abort(tooLate(baseUrl, timeoutMs)), timeoutMs);
    const response = await fetchOf(url, requestInit(request, anySignal(signal, late.signal)))
      .catch((cause: unknown) => {
        signal?.throwIfAborted();
        late.signal.throwIfAborted();
        throw unreachableError(baseUrl, cause);
      })
      .finally(() => clearTimeout(timer));
    if (response.status === (request.status ?? 200)) return response;
    throw apiError(response, await readText(response, baseUrl), `${baseUrl}${path}`);
  };
}

/** The header that says who asks. */
export function authorization(token: string | undefined): Readonly<Record<string, string>> {
  return token === undefined ? {} : { authorization: `Bearer ${token}` };
}

/** The JSON of an answer. @throws {ClientError} `client/unexpected-answer` where it is no object */
export async function readJson<T>(response: Response, baseUrl: string): Promise<T> {
  const text = await readText(response, baseUrl);
  try {
    const answer: unknown = JSON.parse(text);
    if (typeof answer !== "object" || answer === null) throw new TypeError("no object");
    return answer as T;
  } catch (cause) {
    const message = `Cannot read the answer of ${baseUrl}: it is not an object in JSON ("${text.slice(0, 60)}")`;
    const hint = "Is this the address of a Gadus API?";
    throw new ClientError("client/unexpected-answer", message, { cause, hint, status: response.status });
  }
}

function requestInit(request: ApiRequest, signal: AbortSignal | undefined): RequestInit {
  const body = request.json === undefined ? request.body : JSON.stringify(request.json);
  return {
    method: request.method ?? "GET",
    ...(signal !== undefined && { signal }),
    redirect: "error",
    headers: {
      ...(request.json !== undefined && { "content-type": "application/json" }),
      ...(request.body !== undefined && { "content-type": "application/octet-stream" }),
      ...request.headers,
    },
    ...(body !== undefined && { body }),
    ...(body instanceof ReadableStream && { duplex: "half" as const }),
  };
}

async function readText(response: Response, baseUrl: string): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let size = 0;
  for await (const part of bodyOf(response, baseUrl, undefined, ANSWER_TIMEOUT_MS)) {
    size += part.length;
    if (size > MAX_ANSWER_BYTES) {
      const message = `Cannot read the answer of ${baseUrl}: it is over ${MAX_ANSWER_BYTES} bytes`;
      throw new ClientError("client/unexpected-answer", message, { status: response.status });
    }
    text += decoder.decode(part, { stream: true });
  }
  return text + decoder.decode();
}

/**
 * The bytes of an answer as they come. Not every browser can iterate over a stream.
 *
 * @throws {ClientError} `client/unreachable` where the connection breaks, or pauses for longer than `pauseMs`
 * @throws the signal's reason, if `signal` aborts
 */
export async function* bodyOf(
  { body }: Response,
  baseUrl: string,
  signal?: AbortSignal,
  pauseMs?: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (body === null) return;
  const reader = (body as ReadableStream<Uint8Array>).getReader();
  try {
    for (;;) {
      const read = reader.read();
      const { done, value } = await (pauseMs === undefined ? read : inTime(read, baseUrl, pauseMs));
      if (done) return;
      yield value;
    }
  } catch (cause) {
    signal?.throwIfAborted();
    throw cause instanceof ClientError ? cause : unreachableError(baseUrl, cause);
  } finally {
    // Whoever stops reading wants no more of it; what is over already has nothing to cancel.
    await reader.cancel().catch(() => {});
  }
}

/** What `work` settles to. @throws {ClientError} `client/unreachable` where that takes longer than `timeoutMs` */
async function inTime<T>(work: Promise<T>, baseUrl: string, timeoutMs: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(tooLate(baseUrl, timeoutMs)), timeoutMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

function tooLate(baseUrl: string, timeoutMs: number): ClientError {
  const message = `Cannot reach ${baseUrl}: no answer within ${timeoutMs / 1000} s`;
  return new ClientError("client/unreachable", message, { hint: "Try again, or name another address." });
}
