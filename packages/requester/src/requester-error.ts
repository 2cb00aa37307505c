import { CodedError } from "@gadus/protocol";

export type RequesterErrorCode =
  | "requester/unknown-job"
  | "requester/ambiguous-id"
  | "requester/invalid-token"
  | "requester/not-runnable"
  | "requester/overloaded"
  | "requester/stopped"
  | "requester/stale-write"
  | "requester/no-bids"
  | "requester/no-nodes"
  | "requester/no-answer"
  | "requester/timed-out"
  | "requester/lost-execution"
  | "requester/node-lost"
  | "requester/no-verdict"
  | "requester/refuted"
  | "requester/no-publication"
  | "requester/stopped-by-owner"
  | "requester/not-needed"
  | "requester/unknown-execution"
  | "requester/unknown-version"
  | "requester/unchanged"
  | "requester/superseded"
  | "requester/broken-log"
  | "requester/forgotten-events";

/** What the requester refuses, or why a job or an execution of it ended. */
export class RequesterError extends CodedError<RequesterErrorCode> {}
