import type { ApiRequest, SendJson } from "./api-request.ts";
import type {
  AnswerOf,
  ApiDiff,
  ApiExecution,
  ApiJobView,
  ApiPlacement,
  ApiRerun,
  ApiSubmission,
  BodyOf,
  QueryOf,
} from "./api-types.ts";
import type { CallOptions } from "./call-options.ts";

/** The most that the API puts on one page. */
const MAX_PAGE = 1000;

/** A page of a list. */
export interface PageQuery extends CallOptions {
  readonly limit?: number;
  readonly nextToken?: string;
}

export interface SubmitOptions extends CallOptions {
  /** Begins a version also where the document changes nothing. @default false */
  readonly force?: boolean;
}

/** Which jobs. */
export interface JobQuery extends PageQuery {
  /** Selectors that all must hold: `k=v`, `k!=v`, `k in (a,b)`, `k notin (a,b)`, `k`, `!k`, joined by commas. */
  readonly labels?: readonly string[];
  /** @default every namespace */
  readonly namespace?: string;
  /** @default "created_at", the newest first */
  readonly orderBy?: "created_at" | "modified_at";
  readonly reverse?: boolean;
}

/** Which version of a job. */
export interface VersionOptions extends CallOptions {
  /** @default the latest */
  readonly jobVersion?: number;
}

/** Which of the things that happened to a job. */
export interface HistoryQuery extends PageQuery, VersionOptions {
  /** @default "all" */
  readonly eventType?: "all" | "job" | "execution";
  readonly executionId?: string;
  /** Those of former versions too. @default false */
  readonly allVersions?: boolean;
  /** Milliseconds since 1970. */
  readonly sinceMs?: number;
}

export interface StopOptions extends CallOptions {
  /** Kept with the job. */
  readonly reason?: string;
}

export interface RerunOptions extends VersionOptions {
  /** Kept with the job. */
  readonly reason?: string;
}

/** Jobs: each is named by its id, a unique beginning of it, or its name. */
export interface JobCalls {
  /** Submits a job document; settles once it is durable. Of a job of its name that is there it is the next version. */
  submit(document: unknown, options?: SubmitOptions): Promise<ApiSubmission>;
  /** What submitting a job document would change of the job of its name. */
  diff(document: unknown, options?: CallOptions): Promise<ApiDiff>;
  /** The newest first, of every namespace. */
  list(query?: JobQuery): Promise<AnswerOf<"listJobs">>;
  /** A job with all of its executions. */
  get(job: string, options?: VersionOptions): Promise<ApiJobView>;
  /** Ends a job: each of its live executions is cancelled. */
  stop(job: string, options?: StopOptions): Promise<void>;
  /** Runs a job once more, as its next version. */
  rerun(job: string, options?: RerunOptions): Promise<ApiRerun>;
  executions(job: string, query?: VersionOptions & PageQuery): Promise<AnswerOf<"listExecutions">>;
  history(job: string, query?: HistoryQuery): Promise<AnswerOf<"readHistory">>;
  /** Every version that is kept, each as it ended; the latest as it is. */
  versions(job: string, options?: CallOptions): Promise<AnswerOf<"listVersions">>;
  /** Every node considered for a job, and why it does or doesn't run it. */
  placement(job: string, options?: VersionOptions): Promise<ApiPlacement>;
  /** What the API says of a job's results, as Bacalhau's clients read it. */
  results(job: string, options?: VersionOptions): Promise<AnswerOf<"listResults">>;
}

/** The calls of jobs, sent by `json`. */
export function jobCalls(json: SendJson): JobCalls {
  const at = (id: string, below = ""): string => `/orchestrator/jobs/${encodeURIComponent(id)}${below}`;
  const moreExecutions = async (
    id: string,
    after: string,
    options: VersionOptions,
  ): Promise<readonly ApiExecution[]> => {
    const items: ApiExecution[] = [];
    for (let token: string | undefined = after; token; ) {
      const request = withQuery(versionRequest(options), {
        limit: MAX_PAGE,
        next_token: token,
      } satisfies QueryOf<"listExecutions">);
      const page: AnswerOf<"listExecutions"> = await json(at(id, "/executions"), request);
      items.push(...page.Items);
      token = page.Items.length === 0 ? undefined : page.NextToken;
    }
    return items;
  };
  return {
    submit: (Job, { force, ...options } = {}) =>
      json("/orchestrator/jobs", {
        ...options,
        method: "PUT",
        json: { Job, ...(force === true && { Force: true }) },
      }),
    diff: (Job, options) => json("/orchestrator/jobs/diff", { ...options, method: "PUT", json: { Job } }),
    list: ({ labels, namespace = "*", orderBy, reverse, ...page } = {}) =>
      json(
        "/orchestrator/jobs",
        withQuery(pageRequest(page), {
          labels,
          namespace,
          order_by: orderBy,
          reverse,
        } satisfies QueryOf<"listJobs">),
      ),
    async get(id, options) {
      const query = { include: ["executions"], limit: MAX_PAGE } satisfies QueryOf<"describeJob">;
      const view = await json<ApiJobView>(at(id), withQuery(versionRequest(options), query));
      const { Executions, Job } = view;
      if (!Executions?.NextToken) return view;
      const rest = { ...options, jobVersion: Job.Version };
      const Items = [...Executions.Items, ...(await moreExecutions(Job.ID, Executions.NextToken, rest))];
      return { ...view, Executions: { Items, NextToken: "" } };
    },
    executions: (id, { jobVersion, ...page } = {}) =>
      json(
        at(id, "/executions"),
        withQuery(pageRequest(page), {
          job_version: jobVersion,
        } satisfies QueryOf<"listExecutions">),
      ),
    history: (id, { eventType, executionId, allVersions, sinceMs, jobVersion, ...page } = {}) =>
      json(
        at(id, "/history"),
        withQuery(pageRequest(page), {
          event_type: eventType,
          execution_id: executionId,
          all_job_versions: allVersions,
          since: sinceMs === undefined ? undefined : sinceMs / 1000,
          job_version: jobVersion,
        } satisfies QueryOf<"readHistory">),
      ),
    versions: (id, options) => json(at(id, "/versions"), options),
    placement: (id, options) => json(at(id, "/placement"), versionRequest(options)),
    results: (id, options) => json(at(id, "/results"), versionRequest(options)),
    rerun: (id, { jobVersion, reason, ...options } = {}) =>
      json(at(id, "/rerun"), {
        ...options,
        method: "PUT",
        json: { JobVersion: jobVersion, Reason: reason } satisfies BodyOf<"rerunJob">,
      }),
    async stop(id, { reason, ...options } = {}) {
      await json(at(id), { ...options, method: "DELETE", query: { reason } satisfies QueryOf<"stopJob"> });
    },
  };
}

function versionRequest({ jobVersion, ...options }: VersionOptions = {}): ApiRequest {
  return { ...options, query: { job_version: jobVersion } };
}

/** A request for a page. */
export function pageRequest({ limit, nextToken, ...options }: PageQuery): ApiRequest {
  return { ...options, query: { limit, next_token: nextToken } };
}

/** `request` with more parameters. */
export function withQuery(request: ApiRequest, query: NonNullable<ApiRequest["query"]>): ApiRequest {
  return { ...request, query: { ...request.query, ...query } };
}
