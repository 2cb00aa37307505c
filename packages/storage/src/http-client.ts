import {
  Agent,
  type ClientRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request as httpRequest,
} from "node:http";
import { Agent as SecureAgent, request as httpsRequest } from "node:https";
import { setTimeout as pause } from "node:timers/promises";
import { type CallOptions, isCodedError, messageOf } from "@gadus/protocol";
import { checkUrl, type HttpPolicy, lookupFor } from "./http-policy.ts";
import { StorageError } from "./storage-error.ts";

/** Options of {@link createHttpClient}. */
export interface HttpClientOptions extends HttpPolicy {
  /**
   * How long a server may send nothing, or next to nothing.
   *
   * @default 30,000
   */
  readonly idleTimeoutMs?: number;
}

/** Fetches from servers that it may fetch from, over connections that it keeps. */
export interface HttpClient extends HttpPolicy {
  readonly idleTimeoutMs: number;
  /**
   * The answer to a GET, whose body must be read or destroyed; redirections are followed.
   *
   * @throws {StorageError} `storage/not-allowed`, `storage/invalid-source`, `storage/unreachable`
   * @throws the signal's reason, if `signal` aborts
   */
  get(url: string, headers: Readonly<Record<string, string>>, options?: CallOptions): Promise<HttpAnswer>;
  /** Closes what connections are kept. */
  close(): void;
}

/** What a server answered. */
export interface HttpAnswer {
  /** Where the last redirection led. */
  readonly url: string;
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: IncomingMessage;
}

const IDLE_TIMEOUT_MS = 30_000;
const MAX_REDIRECTIONS = 5;
const REDIRECTIONS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
/** Connections to one server, beyond which requests wait for one. */
const MAX_CONNECTIONS = 16;

/** A client of its own connections. */
export function createHttpClient(options: HttpClientOptions): HttpClient {
  const { idleTimeoutMs = IDLE_TIMEOUT_MS, publicHosts, allowHosts = [] } = options;
  const policy: HttpPolicy = { publicHosts, allowHosts };
  const kept = { keepAlive: true, maxSockets: MAX_CONNECTIONS, timeout: idleTimeoutMs };
  const agents = { http: new Agent(kept), https: new SecureAgent(kept) };

  const send = (url: URL, headers: Readonly<Record<string, string>>, signal?: AbortSignal): ClientRequest => {
    const common = {
      headers: { ...headers, "accept-encoding": "identity", "user-agent": "gadus" },
      lookup: lookupFor(url, policy),
      ...(signal && { signal }),
    };
    return url.protocol === "https:"
      ? httpsRequest(url, { ...common, agent: agents.https })
      : httpRequest(url, { ...common, agent: agents.http });
  };

  const fetchOne = async (
    url: URL,
    headers: Readonly<Record<string, string>>,
    { signal }: CallOptions,
  ): Promise<IncomingMessage> => {
    signal?.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const request = send(url, headers, signal);
    const timer = setTimeout(
      () => request.destroy(new Error(`it sent nothing for ${idleTimeoutMs} ms`)),
      idleTimeoutMs,
    );
    request.on("response", resolve).on("error", reject).end();
    try {
      return await promise;
    } catch (error) {
      signal?.throwIfAborted();
      throw isCodedError(error) ? error : unreachable(url.href, error);
    } finally {
      clearTimeout(timer);
    }
  };

  return {
    ...policy,
    idleTimeoutMs,
    async get(text, headers, callOptions = {}): Promise<HttpAnswer> {
      let url = checkUrl(text, policy);
      for (let hops = 0; hops <= MAX_REDIRECTIONS; hops += 1) {
        const body = await fetchOne(url, headers, callOptions);
        const { statusCode: status = 0, headers: answered } = body;
        if (!REDIRECTIONS.has(status)) return { url: url.href, status, headers: answered, body };
        body.destroy();
        url = redirect(url, answered.location ?? "", policy);
      }
      throw new StorageError(
        "storage/not-readable",
        `Cannot fetch "${text}": it leads on more than ${MAX_REDIRECTIONS} times`,
      );
    },
    close(): void {
      agents.http.destroy();
      agents.https.destroy();
    },
  };
}

/**
 * Where a server at `from` sends on to; what is protected on the way isn't sent on without.
 *
 * @throws {StorageError} `storage/not-readable`, and what {@link checkUrl} throws
 */
export function redirect(from: URL, location: string, policy: HttpPolicy): URL {
  const to = URL.canParse(location, from.href) ? new URL(location, from) : undefined;
  if (to === undefined || (from.protocol === "https:" && to.protocol === "http:")) {
    const message = `Cannot fetch "${from.href}": it leads on to "${location.slice(0, 200)}"`;
    throw new StorageError("storage/not-readable", message);
  }
  return checkUrl(to.href, policy);
}

/** How often the same is asked for. */
const MAX_TRIES = 3;
/** Before the second try; twice as long before each after it. */
const RETRY_PAUSE_MS = 100;

/**
 * Settles when what failed with `error` may be tried again, after `tries` of which none got further than the one before.
 *
 * @throws `error` where another try would be no better, or one too many
 * @throws the signal's reason, if `signal` aborts
 */
export async function beforeNextTry(tries: number, error: unknown, options: CallOptions): Promise<void> {
  options.signal?.throwIfAborted();
  const isTemporary = isCodedError(error) && error.code === "storage/unreachable";
  if (!isTemporary || tries >= MAX_TRIES) throw error;
  await pause(RETRY_PAUSE_MS * 2 ** (tries - 1), undefined, options).catch(() => {});
  options.signal?.throwIfAborted();
}

/** That a server couldn't be reached, or broke off: it may answer another time. */
export function unreachable(url: string, cause: unknown): StorageError {
  const message = `Cannot fetch "${url}": ${messageOf(cause)}`;
  return new StorageError("storage/unreachable", message, { cause });
}
