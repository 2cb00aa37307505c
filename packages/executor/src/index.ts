export type {
  Admission,
  Executor,
  LocalSurroundings,
  MountedInput,
  ResourceUsage,
  RunRequest,
  RunResult,
} from "./executor.ts";
export type { ImageResolver } from "./image-resolver.ts";
export { ExecutorError, type ExecutorErrorCode } from "./executor-error.ts";
