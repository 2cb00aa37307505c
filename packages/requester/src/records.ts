import type { ExecutionState, Failure, JobSpec, SignedStatement, Spec, Task } from "@gadus/protocol";
import type { Proposal, Verdict } from "@gadus/verifier";

/** What every row of one job carries, so that it can be found and kept apart. */
export interface Ownership {
  readonly namespace: string;
  /** Who submitted the job; "" until users come. */
  readonly owner: string;
  readonly jobId: string;
  readonly jobVersion: number;
}

/** A job's intents. Its status is derived from these and its executions. */
export interface JobRecord extends Ownership {
  /** Grows with every write; a write of any other than the next one is refused. */
  readonly revision: number;
  readonly spec: JobSpec;
  /** What the submitter wants of it now. */
  readonly desired: "run" | "stop";
  readonly stopReason: string | undefined;
  /** That of partition 0, {@link taskOf} gives the others'; absent until every source is fixed. */
  readonly task: Task | undefined;
  /** 32 bytes in hex from which the choice among bids comes; never leaves the requester. */
  readonly selectionSeed: string;
  /** Why it failed; a job that has one is over. */
  readonly failure: Failure | undefined;
  /** What it waits for while it can't be placed, in words. */
  readonly waiting: string | undefined;
  /** By this node's clock. */
  readonly deadlineMs: number;
  readonly createdAtMs: number;
  /** When this version was submitted; absent for the first, which the job was created with. */
  readonly versionAtMs?: number;
  readonly modifiedAtMs: number;
  /** Whether nothing more will happen: the status is final and every execution has ended. */
  readonly closed: boolean;
  /** The status at the last write, for lists. */
  readonly status: JobStatus;
}

export const JOB_STATUSES = ["Pending", "Queued", "Running", "Completed", "Failed", "Stopped"] as const;
export type JobStatus = (typeof JOB_STATUSES)[number];

/** One partition: how many executions it wants, and what was decided of it. */
export interface PartitionRecord extends Ownership {
  readonly index: number;
  readonly revision: number;
  /** Executions wanted; grows where a verdict needs more. */
  readonly target: number;
  /** Rounds of asking so far. */
  readonly rounds: number;
  /** Written once, before any "verify" is sent, and never revised. */
  readonly verdict: Verdict | undefined;
  /** The execution whose publication was checked good first. */
  readonly completedBy: string | undefined;
}

/** One placement of a partition on a node. */
export interface ExecutionRecord extends Ownership {
  readonly id: string;
  readonly partition: number;
  readonly nodeId: string;
  /** {@link groupOf} the node when it was asked. */
  readonly group: string;
  readonly state: ExecutionState;
  readonly revision: number;
  /** The salt of the details' hash in the ask, in hex. */
  readonly salt: string;
  /** From the bid: the node's X25519 public key in hex, and what it has: inputs by CID, the image by reference. */
  readonly boxPublicKey: string | undefined;
  readonly has: readonly string[];
  readonly proposal: (Proposal & { readonly statement: SignedStatement }) | undefined;
  readonly publication: Spec | undefined;
  /** Whether the publication is good; undefined until it was checked. */
  readonly retrievable: boolean | undefined;
  readonly failure: Failure | undefined;
  /** By when the next message of the node must be here, by this node's clock. */
  readonly deadlineMs: number;
  /** Whether its bid was ever accepted. */
  readonly engaged: boolean;
  readonly createdAtMs: number;
  readonly modifiedAtMs: number;
}

/** Something that happened to a job, kept in order for history and for those who wait. */
export interface JobEventRecord extends Ownership {
  /** Given by the store, growing across all jobs. */
  readonly seq: number;
  readonly executionId: string | undefined;
  readonly topic: string;
  readonly message: string;
  readonly details: Readonly<Record<string, string>>;
  readonly atMs: number;
}
