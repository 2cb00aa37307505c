/** What keeps a task from being run, or from leaving a result; the first three are the job's own doing. */
export type TaskErrorReason =
  | "invalid-params"
  | "invalid-module"
  | "limit-exceeded"
  | "input-failed"
  | "engine-down";

/** Why a task can't be run. It is made where no other package is loaded, and becomes an `ExecutorError` in the node. */
export class TaskError extends Error {
  readonly reason: TaskErrorReason;
  /** Where the job says so. */
  readonly field: string | undefined;

  constructor(reason: TaskErrorReason, message: string, options: { field?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.reason = reason;
    this.field = options.field;
  }
}

/** Whether another task of the same job would fail alike. */
export function isJobsFault(reason: TaskErrorReason): boolean {
  return reason === "invalid-params" || reason === "invalid-module" || reason === "limit-exceeded";
}

/** The message of anything that was thrown. */
export function stateOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
