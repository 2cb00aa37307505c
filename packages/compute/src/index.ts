export { ComputeError, type ComputeErrorCode } from "./compute-error.ts";
export type {
  AcceptanceRecord,
  AskRecord,
  ExecutionEventRecord,
  ExecutionOwnership,
  ExecutionRecord,
  StoredExecution,
} from "./records.ts";
export type { ComputeStore, ComputeWrite, EndedBounds, ExecutionEventQuery } from "./store.ts";
