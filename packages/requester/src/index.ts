export type { NodeView } from "./node-table.ts";
export {
  type ExecutionRecord,
  JOB_STATUSES,
  type JobEventRecord,
  type JobRecord,
  type JobStatus,
  type Ownership,
  type PartitionRecord,
  type ResolvedTask,
} from "./records.ts";
export type { Requester, Submission } from "./requester.ts";
export { RequesterError, type RequesterErrorCode } from "./requester-error.ts";
export type { EventQuery, JobQuery, Page, RequesterStore, RequesterWrite, StoredJob } from "./store.ts";
