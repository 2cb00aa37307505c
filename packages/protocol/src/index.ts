export {
  type Announcement,
  announcementSchema,
  type ComputeOffer,
  type JobEvent,
  jobEventsSchema,
  MAX_ANNOUNCEMENT_TTL_MS,
  MAX_JOB_EVENTS,
} from "./announcement.ts";
export { equalBytes, fromHex, toHex } from "./bytes.ts";
export type { CallOptions } from "./call-options.ts";
export type { CommitOptions } from "./commit-options.ts";
export { decodeValue, encodeValue } from "./cbor.ts";
export type { Clock, Timer } from "./clock.ts";
export { decodeMessage, encodeMessage } from "./codec.ts";
export { type Blame, CodedError, type CodedErrorOptions, isCodedError, messageOf } from "./coded-error.ts";
export { invalidField } from "./document-field.ts";
export { type Deal, makeDeal } from "./deal.ts";
export {
  type DockerParams,
  dockerParamsSchema,
  type NoopParams,
  noopParamsSchema,
  type WasmParams,
  wasmParamsSchema,
} from "./engine-params.ts";
export {
  EXECUTION_EVENTS,
  EXECUTION_STATES,
  type ExecutionEvent,
  type ExecutionState,
  type Failure,
  isTerminal,
  next,
  type Party,
  progressOf,
  TRANSITIONS,
} from "./execution.ts";
export type { Identity } from "./identity.ts";
export { isFixedImage, parseImageReference } from "./image-reference.ts";
export { type JobDefaults, type JobSpec, type ParsedJob, parseJobDocument } from "./job-document.ts";
export type { Constraint, JobDocument } from "./job-schema.ts";
export { createLineSplitter, type LineSplitter } from "./line-splitter.ts";
export {
  type LogFrame,
  logFrameSchema,
  type LogOutput,
  type LogRequest,
  logRequestSchema,
  LOGS_PROTOCOL,
  MAX_LOG_BYTES,
  MAX_LOG_FRAME_BYTES,
  MAX_LOG_REQUEST_BYTES,
} from "./log-frame.ts";
export { type Logger, type LogFields, silentLogger } from "./logger.ts";
export {
  authorOf,
  MAX_ATTACHED_BYTES,
  MAX_MESSAGE_BYTES,
  MAX_SYNC_EXECUTIONS,
  type Message,
  type MessageOf,
  type MessageType,
} from "./message.ts";
export {
  type Counter,
  type Gauge,
  type Histogram,
  type MetricLabels,
  type Metrics,
  silentMetrics,
} from "./metrics.ts";
export { plainText } from "./plain-text.ts";
export { ProtocolError, type ProtocolErrorCode } from "./protocol-error.ts";
export { parseCpuMillis, parseSizeBytes } from "./quantities.ts";
export { newId, type Randomness } from "./randomness.ts";
export type { ReadableVolume, VolumeEntry } from "./readable-volume.ts";
export {
  type BlockSink,
  compareBytewise,
  describeResults,
  EMPTY_RESULTS_DIGEST,
  importResults,
  MAX_RESULT_DEPTH,
  type ResultsTree,
} from "./results-tree.ts";
export {
  MAX_NOTE_LENGTH,
  MAX_NOTES,
  openStatement,
  type OutputName,
  type SignedStatement,
  signedStatementSchema,
  signStatement,
  type StatementBinding,
  type StatementContent,
} from "./statement.ts";
export {
  commitToDetails,
  hashTask,
  type Image,
  type Resources,
  resourcesSchema,
  type Spec,
  specSchema,
  type Task,
  type TaskDetails,
  type TaskTerms,
} from "./task.ts";
export type { InputSpec } from "./source-document.ts";
export type { TaskSpec } from "./task-spec.ts";
