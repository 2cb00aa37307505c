import { type AuthCalls, authCalls } from "./auth-calls.ts";
import {
  bodyOf,
  type Content,
  type Destination,
  FETCH_TIMEOUT_MS,
  makeSendRequest,
  readJson,
  type SendJson,
  UPLOAD_TIMEOUT_MS,
} from "./api-request.ts";
import type { AnswerOf, ApiJobView, ApiNode, ApiSubmission, ApiVersion } from "./api-types.ts";
import { anySignal, type CallOptions } from "./call-options.ts";
import { isAway } from "./client-error.ts";
import { type EventOptions, followJob, type WaitOptions } from "./follow-job.ts";
import { fetchFile, type RemoteFile } from "./fetch-file.ts";
import { followLogs, type OpenLogs } from "./follow-logs.ts";
import { type JobCalls, jobCalls, type VersionOptions } from "./job-calls.ts";
import { type ApiLogFrame, type LogQuery, openLogSocket } from "./log-socket.ts";
import { type NodeCalls, nodeCalls } from "./node-calls.ts";
import { parseEventStream, type ServerSentEvent } from "./parse-event-stream.ts";
import { type PublishedResult, publishedResults } from "./published-results.ts";
import type { DagScope } from "./read-car.ts";

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

/** How to run a job: what {@link Client.run} takes. */
export interface RunOptions extends WaitOptions {
  /** Begins a version also where the document changes nothing. @default false */
  readonly force?: boolean;
  /** Called once the job is durable, before it is waited for. */
  readonly onSubmitted?: (submission: ApiSubmission) => void;
}

/** Which part of a job's archive. */
export interface ArchiveOptions extends VersionOptions {
  /** One file, as it is, instead of the archive: its path there. */
  readonly path?: string;
  /** Some bytes of that file: from the first of them up to, and without, the last. @default all */
  readonly range?: { readonly from: number; readonly to?: number };
}

/** How much of the tree under a CID. */
export interface CarOptions extends CallOptions {
  /** @default "all" */
  readonly scope?: DagScope;
}

/** The HTTP API of a node, typed. Every call throws {@link ClientError}, or its signal's reason. */
export interface Client {
  readonly url: string;
  readonly jobs: JobCalls;
  readonly nodes: NodeCalls;
  readonly auth: AuthCalls;
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
  /** All results of a job as one `.tar.gz`, or one file of them, as the API's node makes it: not verified here. */
  archive(job: string, options?: ArchiveOptions): Promise<AsyncIterable<Uint8Array>>;
  /** A job's events as they come. */
  events(job: string, options?: EventOptions): AsyncIterable<ServerSentEvent>;
  /** The blocks below `cid` as a CAR (IPLD, "CARv1"), not yet verified: `@gadus/client/read-car` does that. */
  car(cid: string, options?: CarOptions): Promise<AsyncIterable<Uint8Array>>;
  /** A file that a URL names; who asks is told to the API's own origin alone. */
  file(url: string, options?: CallOptions): Promise<RemoteFile>;
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
    nodes: nodeCalls(json),
    auth: authCalls(json),
    ...otherCalls(json),
    events,
    wait,
    async run(document, { onSubmitted, force = false, ...given } = {}) {
      const submission = await jobs.submit(document, { signal: given.signal, force });
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
    async archive(job, { path, range, jobVersion, ...given } = {}) {
      const at = `/api/v1/orchestrator/jobs/${encodeURIComponent(job)}/results/download.tar.gz`;
      const last = range?.to === undefined ? "" : range.to - 1;
      const ranged = range !== undefined && {
        headers: { range: `bytes=${range.from}-${last}` },
        status: 206,
      };
      const query = { path, job_version: jobVersion };
      return bodyIn(await send(at, { ...given, ...ranged, query, timeoutMs: FETCH_TIMEOUT_MS }), given);
    },
    async file(url, given = {}) {
      const { response, from } = await fetchFile(url, to, anySignal(signal, given.signal));
      const length = Number(response.headers.get("content-length") ?? Number.NaN);
      const content = bodyOf(response, from, anySignal(signal, given.signal));
      return { content, sizeBytes: Number.isSafeInteger(length) ? length : undefined };
    },
    async car(cid, { scope, ...given } = {}) {
      const headers = { accept: "application/vnd.ipld.car" };
      const query = { format: "car", "dag-scope": scope };
      const request = { ...given, headers, query, timeoutMs: FETCH_TIMEOUT_MS };
      return bodyIn(await send(`/ipfs/${encodeURIComponent(cid)}`, request), given);
    },
  };
}

function otherCalls(json: SendJson): Pick<Client, "agent" | "blobs"> {
  return {
    agent: {
      node: (options) => json("/agent/node", options),
      version: (options) => json("/agent/version", options),
    },
    blobs: {
      async upload(body, options) {
        const request = { ...options, method: "PUT", body, timeoutMs: UPLOAD_TIMEOUT_MS } as const;
        return (await json<AnswerOf<"uploadBlob">>("/orchestrator/blobs", request)).CID;
      },
    },
  };
}
