/**
 * A typed client of the HTTP API of Gadus, for Node and browsers.
 *
 * ```ts
 * import { createClient } from "@gadus/client";
 *
 * const client = createClient({ url: "http://127.0.0.1:1234" });
 * const { Job } = await client.run({ Type: "batch", Tasks: [{ Engine: { Type: "noop" } }] });
 * console.log(Job.ID, Job.State.StateType);
 * ```
 *
 * @module
 */
export type * from "./api-types.ts";
export type { Content } from "./api-request.ts";
export type { CallOptions } from "./call-options.ts";
export { ClientError, type ClientErrorCode, isAway } from "./client-error.ts";
export type { AuthCalls, KeyWish } from "./auth-calls.ts";
export {
  type ArchiveOptions,
  type CarOptions,
  type Client,
  type ClientOptions,
  createClient,
  DEFAULT_URL,
  type RunOptions,
} from "./create-client.ts";
export { allHasEnded, type ExecutionState, hasEnded, jobHasEnded, stateOf } from "./execution-stage.ts";
export type { EventOptions, WaitOptions } from "./follow-job.ts";
export type {
  HistoryQuery,
  JobCalls,
  JobQuery,
  PageQuery,
  RerunOptions,
  StopOptions,
  SubmitOptions,
  VersionOptions,
} from "./job-calls.ts";
export type { ApiLogFrame, LogQuery } from "./log-socket.ts";
export type { DecisionOptions, NodeCalls, NodeQuery } from "./node-calls.ts";
export type { ServerSentEvent } from "./parse-event-stream.ts";
export type { RemoteFile } from "./fetch-file.ts";
export { cidOf, describeResult, urlOf, type PublishedResult, publishedResults } from "./published-results.ts";
