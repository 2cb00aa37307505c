import type { CallOptions, CommitOptions, Constraint, JobDocument } from "@gadus/protocol";
import type { MembershipRecord } from "./membership.ts";
import type { ExecutionRecord, JobEventRecord, JobRecord, PartitionRecord } from "./records.ts";
import type { Observation, Reputation } from "./reputation.ts";

/** One row to write. Records replace those of the same id and the revision before; revision 1 is new. */
export type RequesterWrite =
  | { readonly kind: "job"; readonly job: JobRecord; readonly document?: JobDocument }
  | { readonly kind: "partition"; readonly partition: PartitionRecord }
  | { readonly kind: "execution"; readonly execution: ExecutionRecord }
  | { readonly kind: "event"; readonly event: Omit<JobEventRecord, "seq"> }
  /** The job's version that the next write of the job leaves behind, as it ended: kept beside its partitions and executions. */
  | { readonly kind: "version"; readonly job: JobRecord; readonly document: JobDocument }
  /** What was decided of a node; without a record, that it is forgotten. */
  | { readonly kind: "membership"; readonly nodeId: string; readonly record: MembershipRecord | undefined }
  /** Something seen of a node: added to its reputation as it is stored, by `observe()`. */
  | { readonly kind: "observation"; readonly observation: Observation };

/** A version of a job, with its document. */
export interface JobVersion {
  readonly job: JobRecord;
  readonly document: JobDocument;
}

/** Former versions of a job that are kept; the oldest give way, with their executions and events. */
export const MAX_FORMER_VERSIONS = 100;

/** A job at one version, with all that belongs to that. */
export interface StoredJob {
  readonly job: JobRecord;
  /** By index. */
  readonly partitions: readonly PartitionRecord[];
  /** In the order of their creation. */
  readonly executions: readonly ExecutionRecord[];
}

/** A job with all that belongs to it, and its document as it was submitted. */
export interface JobView extends StoredJob {
  readonly document: JobDocument;
}

/** Which jobs to list, newest first unless `reverse`. */
export interface JobQuery {
  /** Absent: every namespace. */
  readonly namespace?: string;
  readonly orderBy: "created_at" | "modified_at";
  readonly reverse: boolean;
  readonly limit: number;
  /** What the labels of their documents must fulfil, all of it; operators `in`, `notin`, `exists` and `!`. */
  readonly labels?: readonly Constraint[];
  /** Where the last page ended; opaque outside the store. */
  readonly after?: string;
}

/** A page of rows, and where the next one begins. */
export interface Page<T> {
  readonly items: readonly T[];
  /** Absent at the end. */
  readonly next?: string;
}

/** Which events to read, in the order of `seq`. */
export interface EventQuery {
  readonly jobId?: string;
  readonly jobVersion?: number;
  readonly executionId?: string;
  /** Only those of jobs as a whole, or only those of executions. */
  readonly level?: "job" | "execution";
  /** Only events of this time and later. */
  readonly sinceMs?: number;
  /** Only events with a greater `seq`. */
  readonly afterSeq: number;
  readonly limit: number;
}

/** How far to go in giving up what finished jobs leave. */
export interface CleaningBounds {
  /** Jobs that were closed before, by this node's clock. */
  readonly closedBeforeMs: number;
  readonly nowMs: number;
  /** Rows to remove, more or less: the last of a job go together, its partitions among them. */
  readonly maxRows: number;
}

/** Where the requester keeps its jobs. */
export interface RequesterStore {
  /**
   * Writes all of `writes` or none, and settles once they survive what `options` say.
   *
   * Batches that are committed within one turn of the event loop share a transaction; one that is refused doesn't
   * take the others with it. Answers the `seq` of each event, in order.
   *
   * @throws {RequesterError} `requester/stale-write` where a record isn't the next revision
   */
  commit(writes: readonly RequesterWrite[], options?: CommitOptions): Promise<readonly number[]>;
  /** Every job that isn't closed. */
  liveJobs(options?: CallOptions): AsyncIterable<StoredJob>;
  /** The job with exactly this id, at its latest version. */
  job(jobId: string): Promise<StoredJob | undefined>;
  /** A former version of a job. */
  version(jobId: string, jobVersion: number): Promise<JobView | undefined>;
  /** The former versions of a job, oldest first. */
  versions(jobId: string): Promise<readonly JobVersion[]>;
  /** The execution with exactly this id. */
  execution(executionId: string): Promise<ExecutionRecord | undefined>;
  /** The document as it was submitted, with canonical keys. */
  document(jobId: string): Promise<JobDocument | undefined>;
  /** Ids of jobs whose id begins with `text` or whose name is `text`, newest first; at most `limit`. */
  findJobs(text: string, limit: number): Promise<readonly string[]>;
  /** The id of the newest job of exactly this name. */
  named(namespace: string, name: string): Promise<string | undefined>;
  /** @throws {RequesterError} `requester/invalid-token` for an `after` that no page gave */
  listJobs(query: JobQuery): Promise<Page<JobRecord>>;
  events(query: EventQuery): Promise<readonly JobEventRecord[]>;
  /** The greatest `seq` so far; 0 where there is none. */
  lastSeq(): Promise<number>;
  /**
   * The greatest `seq` of an event that was removed, of this job or of any: who goes on from before it misses some. 0
   * where there is none. An event that stood for a compaction ({@link compactionOf}) doesn't count.
   */
  forgottenSeq(jobId?: string): Promise<number>;
  /** What was decided of nodes, by their ids. */
  memberships(): Promise<readonly MembershipRecord[]>;
  /** What was seen of nodes, last seen first; at most `limit`. */
  reputations(limit: number): Promise<readonly Reputation[]>;
  /** Forgets the nodes that were seen longest ago, all but `keep`. */
  forgetReputations(keep: number): Promise<void>;
  /**
   * Removes the events of finished jobs, oldest first, and their executions that aren't `published`: document, status,
   * verdicts and results stay. The history of such a job is the one event that says so, {@link compactionOf}.
   *
   * Answers how many rows were removed, a job that is done counting as one more; where that is less than `maxRows`,
   * nothing is left to compact.
   */
  compact(bounds: CleaningBounds): Promise<number>;
  /** Removes finished jobs that were compacted, each one's executions first. Answers as {@link compact} does. */
  forget(bounds: CleaningBounds): Promise<number>;
}
