export type { Admission, Executor, MountedInput, RunRequest, RunResult } from "./executor.ts";
export { ExecutorError, type ExecutorErrorCode } from "./executor-error.ts";
