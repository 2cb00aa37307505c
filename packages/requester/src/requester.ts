import type { CallOptions, JobDocument } from "@gadus/protocol";
import type { NodeView } from "./node-table.ts";
import type { JobEventRecord, JobRecord } from "./records.ts";
import type { EventQuery, JobQuery, Page, StoredJob } from "./store.ts";

/** What a submitter gets back once the job is durable. */
export interface Submission {
  readonly jobId: string;
  readonly warnings: readonly string[];
}

/** Takes jobs, places them, and sees them finished: each job's one custodian. */
export interface Requester {
  /** Reads the store and takes up every job that isn't closed. */
  start(): Promise<void>;
  /** Settles once nothing is being written any more. Jobs stay as they are, to be taken up again. */
  stop(): Promise<void>;
  /**
   * Takes a job; settles once it is durable.
   *
   * @throws {ProtocolError} `protocol/invalid-document`
   * @throws {RequesterError} `requester/overloaded`, `requester/stopped`
   */
  submit(document: unknown, options?: CallOptions): Promise<Submission>;
  /** Ends a job: each of its live executions is cancelled. @throws {RequesterError} `requester/unknown-job` */
  stopJob(idOrName: string, reason: string): Promise<void>;
  /**
   * A job by id, unique id prefix, or name.
   *
   * @throws {RequesterError} `requester/unknown-job`, `requester/ambiguous-id`
   */
  job(idOrName: string): Promise<StoredJob & { readonly document: JobDocument }>;
  jobs(query: JobQuery): Promise<Page<JobRecord & { readonly document: JobDocument }>>;
  events(query: EventQuery): Promise<readonly JobEventRecord[]>;
  /** The greatest event number so far: where to begin to follow. */
  lastSeq(): Promise<number>;
  /** Calls `listener` for every event from now on, once it is durable; answers a function that ends that. */
  onEvent(listener: (event: JobEventRecord) => void): () => void;
  /** Every node that this one knows of. */
  nodes(): readonly NodeView[];
}
