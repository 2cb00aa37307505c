import { CodedError } from "@gadus/protocol";

export type ComputeErrorCode =
  | "compute/stale-write"
  | "compute/stopping"
  | "compute/overloaded"
  | "compute/too-slow"
  | "compute/unsupported-job-type"
  | "compute/unsupported-engine"
  | "compute/unsupported-profile"
  | "compute/unsupported-verifier"
  | "compute/unsupported-publisher"
  | "compute/unsupported-source"
  | "compute/invalid-ask"
  | "compute/not-admitted"
  | "compute/input-unavailable"
  | "compute/network-not-allowed"
  | "compute/too-long"
  | "compute/too-large"
  | "compute/queue-full"
  | "compute/too-many-reservations"
  | "compute/invalid-acceptance"
  | "compute/lease-expired"
  | "compute/timed-out"
  | "compute/proposal-late"
  | "compute/verdict-late"
  | "compute/publication-late"
  | "compute/results-too-large"
  | "compute/restarted-too-often"
  | "compute/already-ended"
  | "compute/execution-failed"
  | "compute/no-logs"
  | "compute/logs-held";

/** What the compute node declines, or why an execution of it ended. */
export class ComputeError extends CodedError<ComputeErrorCode> {}
