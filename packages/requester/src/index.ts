export type { NodePlacement, PlacementReport } from "./describe-placement.ts";
export { groupOf } from "./group-of.ts";
export { labelsHold } from "./labels-hold.ts";
export type { Membership, MembershipRecord } from "./membership.ts";
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
export { type Observation, observe, OUTCOMES, type Outcome, type Reputation, scoreOf } from "./reputation.ts";
export type { Choice, ChoiceContext, SelectionStrategy } from "./selection-strategy.ts";
export type { LogEntry } from "./read-execution-logs.ts";
export type { LogWish } from "./read-logs.ts";
export { COMPACTED, compactionOf } from "./compaction.ts";
export type { Submission } from "./job-intake.ts";
export { createRequester, type Requester } from "./requester.ts";
export type { RequesterPorts } from "./requester-ports.ts";
export { RequesterError, type RequesterErrorCode } from "./requester-error.ts";
export type {
  CleaningBounds,
  EventQuery,
  JobQuery,
  JobVersion,
  JobView,
  Page,
  RequesterStore,
  RequesterWrite,
  StoredJob,
} from "./store.ts";
export { MAX_FORMER_VERSIONS } from "./store.ts";
