import type { CallOptions } from "@gadus/protocol";
import { apiError, unreachableError } from "./api-error.ts";
import { CliError } from "./cli-error.ts";

/** How long a request may take until its answer begins. */
const ANSWER_TIMEOUT_MS = 30_000;
/** How long a node may look for content on the network. */
export const FETCH_TIMEOUT_MS = 120_000;
/** How long an upload may take. */
export const UPLOAD_TIMEOUT_MS = 600_000;
/** Bytes of an answer that is read whole. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

export interface ApiRequest extends CallOptions {
  readonly method?: "GET" | "PUT" | "POST" | "DELETE";
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent as it is. */
  readonly body?: Uint8Array | ReadableStream<Uint8Array>;
  /** @default ANSWER_TIMEOUT_MS */
  readonly timeoutMs?: number;
}

/** Sends a request, and settles once its answer has begun and is a 200. */
export type SendRequest = (path: string, request?: ApiRequest) => Promise<Response>;

/**
 * Sends requests to the API at `baseUrl`.
 *
 * Every error names the API's address, or is what the API said.
 *
 * @throws {CliError} `cli/unreachable`, `cli/not-found`, `cli/usage`, `cli/refused`
 * @throws the signal's reason, if `signal` aborts
 */
export function makeSendRequest(baseUrl: string, fetchOf: typeof fetch = fetch): SendRequest {
  return async (path, request = {}) => {
    const url = new URL(`${baseUrl.replace(/\/+$/, "")}${path}`);
    for (const [key, value] of Object.entries(request.query ?? {})) {
      if (value !== undefined) url.searchParams.set(key, String(value));
    }
    const late = new AbortController();
    const timeoutMs = request.timeoutMs ?? ANSWER_TIMEOUT_MS;
    const timer = setTimeout(
      () => late.abort(new CliError("cli/unreachable", tooLate(baseUrl, timeoutMs))),
      timeoutMs,
    );
    const response = await fetchOf(url, requestInit(request, late.signal))
      .catch((cause: unknown) => {
        request.signal?.throwIfAborted();
        late.signal.throwIfAborted();
        throw unreachableError(baseUrl, cause);
      })
      .finally(() => clearTimeout(timer));
    if (response.status === 200) return response;
    throw apiError(response.status, await readText(response, baseUrl), `${baseUrl}${path}`);
  };
}

/** The JSON of an answer. @throws {CliError} `cli/unexpected-answer` where it is none */
export async function readJson<T>(response: Response, baseUrl: string): Promise<T> {
  const text = await readText(response, baseUrl);
  try {
    return JSON.parse(text) as T;
  } catch (cause) {
    const message = `Cannot read the answer of ${baseUrl}: it is not JSON ("${text.slice(0, 60)}")`;
    const hint = "Is this the address of a Gadus API? Name another with --api or GADUS_API.";
    throw new CliError("cli/unexpected-answer", message, { cause, hint });
  }
}

function requestInit(request: ApiRequest, late: AbortSignal): RequestInit {
  const body = request.json === undefined ? request.body : JSON.stringify(request.json);
  return {
    method: request.method ?? "GET",
    signal: request.signal === undefined ? late : AbortSignal.any([request.signal, late]),
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
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of bodyOf(response)) {
    size += part.length;
    if (size > MAX_ANSWER_BYTES) {
      const message = `Cannot read the answer of ${baseUrl}: it is over ${MAX_ANSWER_BYTES} bytes`;
      throw new CliError("cli/unexpected-answer", message);
    }
    parts.push(part);
  }
  return new TextDecoder().decode(Buffer.concat(parts));
}

/** The bytes of an answer as they come. */
export function bodyOf(response: Response): AsyncIterable<Uint8Array> {
  return (response.body ?? new Blob([]).stream()) as AsyncIterable<Uint8Array>;
}

function tooLate(baseUrl: string, timeoutMs: number): string {
  return `Cannot reach ${baseUrl}: no answer within ${timeoutMs / 1000} s`;
}
