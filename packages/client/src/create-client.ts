import {
  type ApiRequest,
  bodyOf,
  type Content,
  type Destination,
  FETCH_TIMEOUT_MS,
  makeSendRequest,
  readJson,
  UPLOAD_TIMEOUT_MS,
} from "./api-request.ts";
import type {
  ApiExecution,
  ApiHistoryItem,
  ApiJob,
  ApiJobView,
  ApiNode,
  ApiPage,
  ApiSpec,
  ApiSubmission,
  ApiVersion,
} from "./api-types.ts";
import { anySignal, type CallOptions } from "./call-options.ts";
import { isAway } from "./client-error.ts";
import { type EventOptions, followJob, type WaitOptions } from "./follow-job.ts";
import { followLogs, type OpenLogs } from "./follow-logs.ts";
import { type ApiLogFrame, type LogQuery, openLogSocket } from "./log-socket.ts";
import { parseEventStream, type ServerSentEvent } from "./parse-event-stream.ts";
import { type PublishedResult, publishedResults } from "./published-results.ts";

/** Where a requester's API is unless said otherwise. */
export const DEFAULT_URL = "http://127.0.0.1:1234";

export interface ClientOptions {
  /** Address of the API. @default DEFAULT_URL */
  readonly url?: string;
  /** What says who asks, sent as a bearer token; a function is asked before each request. */
  readonly token?: string | (() => string | undefined);
  /** @default the global fetch */
  readonly fetch?: typeof fetch;
  /** Ends every call of the client. */
  readonly signal?: AbortSignal;
}

/** A page of a list. */
export interface PageQuery extends CallOptions {
  readonly limit?: number;
  readonly nextToken?: string;
}

/** How to run a job: what {@link Client.run} takes. */
export interface RunOptions extends WaitOptions {
  /** Called once the job is durable, before it is waited for. */
  readonly onSubmitted?: (submission: ApiSubmission) => void;
}

export interface StopOptions extends CallOptions {
  /** Kept with the job. */
  readonly reason?: string;
}

/** Jobs: each is named by its id, a unique beginning of it, or its name. */
export interface JobCalls {
  /** Submits a job document; settles once it is durable. */
  submit(document: unknown, options?: CallOptions): Promise<ApiSubmission>;
  /** The newest first, of every namespace. */
  list(query?: PageQuery): Promise<ApiPage<ApiJob>>;
  /** A job with its executions. */
  get(job: string, options?: CallOptions): Promise<ApiJobView>;
  /** Ends a job: each of its live executions is cancelled. */
  stop(job: string, options?: StopOptions): Promise<void>;
  executions(job: string, options?: CallOptions): Promise<ApiPage<ApiExecution>>;
  history(job: string, query?: PageQuery): Promise<ApiPage<ApiHistoryItem>>;
  /** What the API says of a job's results, as Bacalhau's clients read it. */
  results(job: string, options?: CallOptions): Promise<ApiPage<ApiSpec>>;
}

/** The HTTP API of a node, typed. Every call throws {@link ClientError}, or its signal's reason. */
export interface Client {
  readonly url: string;
  readonly jobs: JobCalls;
  readonly nodes: {
    list(options?: CallOptions): Promise<readonly ApiNode[]>;
    get(nodeId: string, options?: CallOptions): Promise<ApiNode>;
  };
  readonly agent: {
    /** What the node says of itself. */
    node(options?: CallOptions): Promise<ApiNode["Info"]>;
    version(options?: CallOptions): Promise<ApiVersion>;
  };
  readonly blobs: {
    /** Uploads a file; answers its CID. */
    upload(content: Content, options?: CallOptions): Promise<string>;
  };
  /** Submits a job document, and waits until the job has ended: `Job.State` says how. */
  run(document: unknown, options?: RunOptions): Promise<ApiJobView>;
  /**
   * Waits until a job has ended, told of each change by the job's events.
   *
   * An API that goes away is waited for, for up to a minute.
   */
  wait(job: string, options?: WaitOptions): Promise<ApiJobView>;
  /**
   * What a job's executions print, line by line. Where they are followed, the stream ends with the job. It goes on
   * where it was after a connection that broke, or an API that went away.
   */
  logs(job: string, options?: LogQuery & CallOptions): AsyncIterable<ApiLogFrame>;
  /** What each partition of a job published, as far as it can be had. */
  results(job: string, options?: CallOptions): Promise<readonly PublishedResult[]>;
  /** A job's events as they come. */
  events(job: string, options?: EventOptions): AsyncIterable<ServerSentEvent>;
  /** All blocks below `cid` as a CAR (IPLD, "CARv1"), not yet verified: `@gadus/client/read-car` does that. */
  car(cid: string, options?: CallOptions): Promise<AsyncIterable<Uint8Array>>;
}

/** A client of the API at `url`. */
export function createClient(options: ClientOptions = {}): Client {
  const { token, signal } = options;
  const to: Destination = {
    url: (options.url ?? DEFAULT_URL).replace(/\/+$/, ""),
    token: typeof token === "function" ? token : () => token,
    fetch: options.fetch ?? fetch,
    signal,
  };
  const send = makeSendRequest(to);
  const json: SendJson = async (path, request) =>
    await readJson(await send(`/api/v1${path}`, request), to.url);
  const bodyIn = (response: Response, given: CallOptions): AsyncIterable<Uint8Array> =>
    bodyOf(response, to.url, anySignal(signal, given.signal));
  const jobs = jobCalls(json);
  const events: Client["events"] = async function* (job, { opened, lastEventId, ...given } = {}) {
    const headers = {
      accept: "text/event-stream",
      ...(lastEventId !== undefined && { "last-event-id": lastEventId }),
    };
    const query = { job_id: job };
    const response = await send("/api/v1/orchestrator/events", { ...given, headers, query });
    opened?.();
    yield* parseEventStream(bodyIn(response, given));
  };
  const wait: Client["wait"] = async (job, given = {}) => {
    const source = { job: (id: string, options: CallOptions) => jobs.get(id, options), events };
    return await followJob(source, job, { ...given, signal: anySignal(signal, given.signal) });
  };
  return {
    url: to.url,
    jobs,
    ...otherCalls(json),
    events,
    wait,
    async run(document, { onSubmitted, ...given } = {}) {
      const submission = await jobs.submit(document, { signal: given.signal });
      onSubmitted?.(submission);
      return await wait(submission.JobID, given);
    },
    async *logs(job, given = {}) {
      const all = { signal: anySignal(signal, given.signal) };
      try {
        const openLogs: OpenLogs = (query, own) =>
          openLogSocket({ url: to.url, token: to.token() }, job, query, own);
        yield* followLogs(openLogs, given, all);
      } catch (error) {
        all.signal?.throwIfAborted();
        // A WebSocket's client is never told why it was refused: the job's own route says it.
        if (isAway(error)) await jobs.get(job, all);
        throw error;
      }
    },
    async results(job, given) {
      return publishedResults((await jobs.get(job, given)).Executions?.Items ?? []);
    },
    async car(cid, given = {}) {
      const headers = { accept: "application/vnd.ipld.car" };
      const request = { ...given, headers, query: { format: "car" }, timeoutMs: FETCH_TIMEOUT_MS };
      return bodyIn(await send(`/ipfs/${encodeURIComponent(cid)}`, request), given);
    },
  };
}

type SendJson = <T>(path: string, request?: ApiRequest) => Promise<T>;

function jobCalls(json: SendJson): JobCalls {
  const jobPath = (id: string): string => `/orchestrator/jobs/${encodeURIComponent(id)}`;
  return {
    submit: (document, options) =>
      json("/orchestrator/jobs", { ...options, method: "PUT", json: { Job: document } }),
    list: (query = {}) =>
      json("/orchestrator/jobs", {
        ...pageRequest(query),
        query: { ...pageRequest(query).query, namespace: "*" },
      }),
    get: (id, options) => json(jobPath(id), { ...options, query: { include: "executions" } }),
    executions: (id, options) => json(`${jobPath(id)}/executions`, options),
    history: (id, query = {}) => json(`${jobPath(id)}/history`, pageRequest(query)),
    results: (id, options) => json(`${jobPath(id)}/results`, options),
    async stop(id, { reason, ...options } = {}) {
      await json(jobPath(id), { ...options, method: "DELETE", query: { reason } });
    },
  };
}

function otherCalls(json: SendJson): Pick<Client, "nodes" | "agent" | "blobs"> {
  return {
    nodes: {
      async list(options) {
        return (await json<{ Nodes: readonly ApiNode[] }>("/orchestrator/nodes", options)).Nodes;
      },
      async get(id, options) {
        const path = `/orchestrator/nodes/${encodeURIComponent(id)}`;
        return (await json<{ Node: ApiNode }>(path, options)).Node;
      },
    },
    agent: {
      node: (options) => json("/agent/node", options),
      version: (options) => json("/agent/version", options),
    },
    blobs: {
      async upload(body, options) {
        const request = { ...options, method: "PUT", body, timeoutMs: UPLOAD_TIMEOUT_MS } as const;
        return (await json<{ CID: string }>("/orchestrator/blobs", request)).CID;
      },
    },
  };
}

function pageRequest({ limit, nextToken, ...options }: PageQuery): ApiRequest {
  return { ...options, query: { limit, next_token: nextToken } };
}
