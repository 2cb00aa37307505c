import { authorization } from "./api-request.ts";
import type { CallOptions } from "./call-options.ts";
import { ClientError } from "./client-error.ts";

/** Which logs of a job, and how far. */
export interface LogQuery {
  /** Goes on as they are printed, until the job has ended. @default false */
  readonly follow?: boolean;
  /** Of this execution alone: its id, or the beginning of it. */
  readonly executionId?: string;
  /** Of what was printed so far, only the last lines of each execution. */
  readonly tail?: number;
}

/** A frame of the API's stream of logs. */
export interface ApiLogFrame {
  /** `Type` 1 is standard output, 2 standard error. */
  readonly value: { readonly Type: number; readonly Line: string };
  readonly error?: string;
  readonly origin?: {
    readonly ExecutionID: string;
    readonly NodeID: string;
    /** Lines that are left out before those that come, where only the last were asked for; then there is no line. */
    readonly Skipped?: { readonly Stdout: number; readonly Stderr: number };
  };
}

const NORMAL = 1000;
/** Characters of frames that wait to be taken; a WebSocket can't be told to wait, so it is closed, to go on later. */
const MAX_WAITING_CHARACTERS = 64 * 1024 * 1024;
/** What the API speaks over a WebSocket of logs, and before a key in base64url: browsers send no other header. */
const PROTOCOL = "logs.gadus";
const BEARER_PROTOCOL = "base64url.bearer.authorization.gadus.";

interface Place {
  readonly url: string;
  readonly token: string | undefined;
}

/**
 * The frames of a job's logs as they come; ends as the API ends them.
 *
 * @throws {ClientError} `client/unreachable` where the connection breaks before
 * @throws the signal's reason, if `signal` aborts
 */
export async function* openLogSocket(
  { url: apiUrl, token }: Place,
  jobId: string,
  { follow = false, executionId, tail }: LogQuery,
  { signal }: CallOptions,
): AsyncGenerator<ApiLogFrame, void, undefined> {
  signal?.throwIfAborted();
  const url = new URL(`${apiUrl}/api/v1/orchestrator/jobs/${encodeURIComponent(jobId)}/logs`);
  url.protocol = url.protocol.replace("http", "ws");
  const query = { origin: "true", follow: String(follow), execution_id: executionId, tail };
  for (const [key, value] of Object.entries(query))
    if (value !== undefined) url.searchParams.set(key, String(value));
  const frames: string[] = [];
  let waiting = 0;
  let wake = (): void => {};
  let closed: { readonly code: number; readonly reason: string } | undefined;
  const socket = openSocket(url, token);
  socket.addEventListener("message", ({ data }) => {
    const text = String(data);
    frames.push(text);
    waiting += text.length;
    if (waiting > MAX_WAITING_CHARACTERS) socket.close();
    wake();
  });
  socket.addEventListener("close", ({ code, reason }) => {
    closed = { code, reason };
    wake();
  });
  const abort = (): void => wake();
  signal?.addEventListener("abort", abort);
  try {
    for (;;) {
      signal?.throwIfAborted();
      const next = frames.shift();
      if (next !== undefined) {
        waiting -= next.length;
        yield parseFrame(next, apiUrl);
      } else if (closed === undefined) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      } else if (closed.code === NORMAL) return;
      else throw broken(apiUrl, jobId, closed);
    }
  } finally {
    signal?.removeEventListener("abort", abort);
    socket.close();
  }
}

/** Browsers let nobody say who asks but among the protocols that a WebSocket offers; Node takes headers. */
function openSocket(url: URL, token: string | undefined): WebSocket {
  if (token === undefined) return new WebSocket(url);
  if (isNode()) return new WebSocket(url, { headers: authorization(token) });
  return new WebSocket(url, [PROTOCOL, BEARER_PROTOCOL + base64Url(token)]);
}

function base64Url(text: string): string {
  const binary = String.fromCodePoint(...new TextEncoder().encode(text));
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function isNode(): boolean {
  const { process: own } = globalThis as { process?: { readonly versions?: { readonly node?: string } } };
  return own?.versions?.node !== undefined;
}

function parseFrame(text: string, apiUrl: string): ApiLogFrame {
  try {
    return JSON.parse(text) as ApiLogFrame;
  } catch (cause) {
    const message = `Cannot read the logs that ${apiUrl} sends: they are not JSON`;
    throw new ClientError("client/unexpected-answer", message, {
      cause,
      hint: "Is this the address of a Gadus API?",
    });
  }
}

function broken(
  apiUrl: string,
  jobId: string,
  { code, reason }: { readonly code: number; readonly reason: string },
): ClientError {
  const state = `${apiUrl} ended the connection${reason === "" ? "" : `, ${reason}`} (code ${code})`;
  return new ClientError(
    "client/unreachable",
    `Cannot read the logs of job ${jobId} to their end: ${state}`,
    {
      hint: "Nothing is lost: ask for them again.",
    },
  );
}
