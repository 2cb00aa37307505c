export { type Compute, createCompute } from "./compute.ts";
export { ComputeError, type ComputeErrorCode } from "./compute-error.ts";
export type { ComputeDependencies } from "./dependencies.ts";
export type { ComputeDescription, ExecutionSummary } from "./describe.ts";
export type { LogBounds, LogChunk, LogReadOptions, LogStore } from "./log-store.ts";
export { followJournal, type JournalCursor, JournalNews } from "./follow-journal.ts";
export type { ComputeOptions, ComputeWishes } from "./options.ts";
export type {
  AcceptanceRecord,
  AskRecord,
  EndedExecution,
  ExecutionEventRecord,
  ExecutionOwnership,
  ExecutionRecord,
  StoredExecution,
} from "./records.ts";
export type { ComputeStore, ComputeWrite, EndedBounds, EndedQuery, ExecutionEventQuery } from "./store.ts";
