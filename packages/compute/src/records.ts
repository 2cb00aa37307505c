import type { ExecutionState, Failure, SignedStatement, Spec, TaskDetails, TaskTerms } from "@gadus/protocol";
import type { Proposal } from "@gadus/verifier";

/** What every row of one execution carries. Its key is (`requester`, `executionId`): ids are their requester's. */
export interface ExecutionOwnership {
  /** The requester's node id. */
  readonly requester: string;
  readonly executionId: string;
  /** Of the job; "" as long as asks don't carry it. */
  readonly namespace: string;
  readonly jobId: string;
  readonly partition: number;
}

/** What this node was asked for, and what it answered. Written once, with the bid. */
export interface AskRecord {
  readonly terms: TaskTerms;
  /** The salted hash of the task's details: 32 bytes. */
  readonly commitment: Uint8Array;
  /** The requester's X25519 public key for this execution: 32 bytes. */
  readonly boxPublicKey: Uint8Array;
  /** What the node said it has: CIDs of inputs, and the reference of the image. */
  readonly has: readonly string[];
}

/** What the requester accepted with. Written once. */
export interface AcceptanceRecord {
  readonly details: TaskDetails;
  readonly salt: Uint8Array;
  readonly statement: SignedStatement;
  /** Of the whole task, as every statement about it names it: 32 bytes. */
  readonly taskHash: Uint8Array;
}

/** How far an execution is: the small part, which is written at every transition. */
export interface ExecutionRecord extends ExecutionOwnership {
  /** Grows with every write; a write of any other than the next one is refused. */
  readonly revision: number;
  readonly state: ExecutionState;
  /** When this node stops waiting for what comes next, by its own clock. */
  readonly deadlineMs: number;
  /** How often a run of it was begun. */
  readonly runs: number;
  /** When it was accepted, by this node's clock: its age in the queue. */
  readonly acceptedAtMs: number | undefined;
  readonly proposal: Proposal | undefined;
  /** The proposal as it was sent: sealed for the requester. */
  readonly sealed: Uint8Array | undefined;
  /** The requester's verdict on the proposal. */
  readonly verdict: SignedStatement | undefined;
  /** Where the result was published. */
  readonly publication: Spec | undefined;
  /** Why it failed, or was ended by the requester. */
  readonly failure: Failure | undefined;
  readonly createdAtMs: number;
  readonly modifiedAtMs: number;
  /** Set exactly when `state` is terminal. */
  readonly endedAtMs: number | undefined;
}

/** An execution with all that belongs to it. */
export interface StoredExecution {
  readonly execution: ExecutionRecord;
  readonly ask: AskRecord;
  /** Absent until it is accepted. */
  readonly acceptance: AcceptanceRecord | undefined;
}

/** An execution that has ended, in short. */
export interface EndedExecution {
  readonly requester: string;
  readonly executionId: string;
  readonly state: ExecutionState;
  readonly endedAtMs: number;
}

/** Something that happened to an execution, kept in order. */
export interface ExecutionEventRecord extends ExecutionOwnership {
  /** Given by the store, growing across all executions. */
  readonly seq: number;
  readonly topic: string;
  readonly message: string;
  readonly details: Readonly<Record<string, string>>;
  readonly atMs: number;
}
