export { groupOf } from "./group-of.ts";
export type { NodeView } from "./node-table.ts";
export { DEFAULT_REQUESTER_OPTIONS, type RequesterOptions } from "./options.ts";
export {
  type ExecutionRecord,
  JOB_STATUSES,
  type JobEventRecord,
  type JobRecord,
  type JobStatus,
  type Ownership,
  type PartitionRecord,
} from "./records.ts";
export type { Submission } from "./job-desk.ts";
export { createRequester, type Requester } from "./requester.ts";
export type { RequesterPorts } from "./requester-ports.ts";
export { RequesterError, type RequesterErrorCode } from "./requester-error.ts";
export type {
  EventQuery,
  JobQuery,
  JobView,
  Page,
  RequesterStore,
  RequesterWrite,
  StoredJob,
} from "./store.ts";
