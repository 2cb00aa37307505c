import { CodedError } from "@gadus/protocol";

export type ExecutorErrorCode =
  | "executor/invalid-module"
  | "executor/invalid-params"
  | "executor/missing-result"
  | "executor/input-failed"
  | "executor/limit-exceeded"
  | "executor/image-missing"
  | "executor/image-not-allowed"
  | "executor/out-of-memory"
  | "executor/engine-failed"
  | "executor/engine-down";

/** What kept an execution from running to its end; `blame` says whose fault it is. */
export class ExecutorError extends CodedError<ExecutorErrorCode> {}
