import type { CallOptions } from "@gadus/protocol";
import { unreachableError } from "./api-error.ts";
import {
  type ApiRequest,
  bodyOf,
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
} from "./api-types.ts";
import { type ApiLogFrame, type LogQuery, openLogSocket } from "./log-socket.ts";
import { parseEventStream, type ServerSentEvent } from "./parse-event-stream.ts";

/** Where a requester's API is unless said otherwise. */
export const DEFAULT_API = "http://127.0.0.1:1234";

/** A page of a list. */
interface PageQuery extends CallOptions {
  readonly limit?: number;
  readonly nextToken?: string;
}

/**
 * The HTTP API of a node, typed. Every call throws {@link CliError}, as {@link makeSendRequest} says.
 */
export interface Api {
  readonly url: string;
  /** Submits a job document; settles once it is durable. */
  submit(document: unknown, options?: CallOptions): Promise<ApiSubmission>;
  jobs(query: PageQuery): Promise<ApiPage<ApiJob>>;
  /** A job by id, unique id prefix or name, with its executions. */
  job(idOrName: string, options?: CallOptions): Promise<ApiJobView>;
  executions(jobId: string, options?: CallOptions): Promise<ApiPage<ApiExecution>>;
  history(jobId: string, query: PageQuery): Promise<ApiPage<ApiHistoryItem>>;
  results(jobId: string, options?: CallOptions): Promise<ApiPage<ApiSpec>>;
  stop(jobId: string, reason: string, options?: CallOptions): Promise<void>;
  nodes(options?: CallOptions): Promise<readonly ApiNode[]>;
  node(nodeId: string, options?: CallOptions): Promise<ApiNode>;
  /** What the node says of itself. */
  self(options?: CallOptions): Promise<ApiNode["Info"]>;
  /** Uploads a file; answers its CID. */
  putBlob(content: Uint8Array | ReadableStream<Uint8Array>, options?: CallOptions): Promise<string>;
  /** All blocks below `cid` as a CAR (IPLD, "CARv1"), not yet verified. */
  car(cid: string, options?: CallOptions): Promise<AsyncIterable<Uint8Array>>;
  /** A job's events as they come; `opened` is called once the stream has begun. */
  events(jobId: string, options: EventOptions): AsyncIterable<ServerSentEvent>;
  /** What a job's executions print, line by line, over WebSocket; ends as the API ends it. */
  logs(jobId: string, query: LogQuery, options?: CallOptions): AsyncIterable<ApiLogFrame>;
}

interface EventOptions extends CallOptions {
  /** The last event that was seen; the stream goes on after it. */
  readonly lastEventId?: string | undefined;
  readonly opened: () => void;
}

/** Speaks to the API at `url`. */
export function makeApi(url: string, fetchOf: typeof fetch = fetch): Api {
  const send = makeSendRequest(url, fetchOf);
  const json = async <T>(path: string, request?: ApiRequest): Promise<T> =>
    await readJson<T>(await send(`/api/v1${path}`, request), url);
  const jobPath = (id: string): string => `/orchestrator/jobs/${encodeURIComponent(id)}`;
  return {
    url,
    submit: (document, options) =>
      json("/orchestrator/jobs", { ...options, method: "PUT", json: { Job: document } }),
    jobs: (query) =>
      json("/orchestrator/jobs", {
        ...pageRequest(query),
        query: { ...pageRequest(query).query, namespace: "*" },
      }),
    job: (id, options) => json(jobPath(id), { ...options, query: { include: "executions" } }),
    executions: (id, options) => json(`${jobPath(id)}/executions`, options),
    history: (id, query) => json(`${jobPath(id)}/history`, pageRequest(query)),
    results: (id, options) => json(`${jobPath(id)}/results`, options),
    async stop(id, reason, options) {
      await json(jobPath(id), { ...options, method: "DELETE", query: { reason } });
    },
    async nodes(options) {
      return (await json<{ Nodes: readonly ApiNode[] }>("/orchestrator/nodes", options)).Nodes;
    },
    async node(id, options) {
      const path = `/orchestrator/nodes/${encodeURIComponent(id)}`;
      return (await json<{ Node: ApiNode }>(path, options)).Node;
    },
    self: (options) => json("/agent/node", options),
    async putBlob(body, options) {
      const request: ApiRequest = { ...options, method: "PUT", body, timeoutMs: UPLOAD_TIMEOUT_MS };
      return (await json<{ CID: string }>("/orchestrator/blobs", request)).CID;
    },
    async car(cid, options) {
      const headers = { accept: "application/vnd.ipld.car" };
      const path = `/ipfs/${encodeURIComponent(cid)}`;
      const response = await send(path, {
        ...options,
        headers,
        query: { format: "car" },
        timeoutMs: FETCH_TIMEOUT_MS,
      });
      return chunksOf(response, url, options);
    },
    async *events(jobId, { opened, lastEventId, ...options }) {
      const headers = {
        accept: "text/event-stream",
        ...(lastEventId !== undefined && { "last-event-id": lastEventId }),
      };
      const query = { job_id: jobId };
      const response = await send("/api/v1/orchestrator/events", { ...options, headers, query });
      opened();
      yield* parseEventStream(chunksOf(response, url, options));
    },
    logs: (jobId, query, options = {}) => openLogSocket(url, jobId, query, options),
  };
}

function pageRequest({ limit, nextToken, ...options }: PageQuery): ApiRequest {
  return { ...options, query: { limit, next_token: nextToken } };
}

async function* chunksOf(
  response: Response,
  url: string,
  options?: CallOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* bodyOf(response);
  } catch (cause) {
    options?.signal?.throwIfAborted();
    throw unreachableError(url, cause);
  }
}
