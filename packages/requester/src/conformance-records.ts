import type { JobDocument } from "@gadus/protocol";
import type { ExecutionRecord, JobEventRecord, JobRecord, PartitionRecord } from "./records.ts";

/** A job document as it was submitted. */
export const DOCUMENT: JobDocument = {
  Name: "count",
  Meta: { team: "cod", "k&r": "<ü>" },
  Tasks: [
    { Name: "main", Engine: { Type: "noop", Params: { Stdout: "hello", Ratio: 0.5, Nested: [1, null] } } },
  ],
};

/** A job record as the requester writes it first. */
export function makeJobRecord(jobId: string, change: Partial<JobRecord> = {}): JobRecord {
  return {
    namespace: "default",
    owner: "",
    jobId,
    jobVersion: 1,
    revision: 1,
    spec: {
      name: "count",
      namespace: "default",
      type: "batch",
      priority: 0,
      count: 1,
      constraints: [],
      deal: { concurrency: 1, minBids: 1, selection: "reputation" },
      verifier: { type: "none", params: {} },
      task: {
        name: "main",
        engine: {
          type: "noop",
          params: { stdout: "hello", exitCode: 0, durationMs: 0 },
          environment: {},
          epochMs: 946_684_800_000,
          seed: "00".repeat(32),
        },
        inputs: [],
        resultPaths: [],
        environment: { A: "1" },
        resources: {},
        network: { type: "none", domains: [] },
        publisher: { type: "ipfs", params: {} },
        timeouts: {},
      },
    },
    desired: "run",
    stopReason: undefined,
    task: undefined,
    selectionSeed: "ab".repeat(32),
    failure: undefined,
    waiting: undefined,
    deadlineMs: 1_800_000_000_000,
    createdAtMs: 1_700_000_000_000,
    modifiedAtMs: 1_700_000_000_000,
    closed: false,
    status: "Pending",
    ...change,
  };
}

/** A job's first partition as the requester writes it first. */
export function makePartitionRecord(jobId: string, change: Partial<PartitionRecord> = {}): PartitionRecord {
  return {
    namespace: "default",
    owner: "",
    jobId,
    jobVersion: 1,
    index: 0,
    revision: 1,
    target: 1,
    rounds: 0,
    verdict: undefined,
    completedBy: undefined,
    ...change,
  };
}

/** An execution as the requester writes it first. */
export function makeExecutionRecord(
  jobId: string,
  id: string,
  change: Partial<ExecutionRecord> = {},
): ExecutionRecord {
  return {
    namespace: "default",
    owner: "",
    jobId,
    jobVersion: 1,
    id,
    partition: 0,
    nodeId: "node-a",
    group: "node-a",
    state: "asked",
    revision: 1,
    salt: "cd".repeat(32),
    boxPublicKey: undefined,
    has: [],
    proposal: undefined,
    publication: undefined,
    retrievable: undefined,
    failure: undefined,
    deadlineMs: 1_700_000_010_000,
    engaged: false,
    createdAtMs: 1_700_000_000_000,
    modifiedAtMs: 1_700_000_000_000,
    ...change,
  };
}

/** An event of a job. */
export function makeEvent(jobId: string, change: Partial<JobEventRecord> = {}): Omit<JobEventRecord, "seq"> {
  return {
    namespace: "default",
    owner: "",
    jobId,
    jobVersion: 1,
    executionId: undefined,
    topic: "Submission",
    message: "taken",
    details: { key: "value" },
    atMs: 1_700_000_000_000,
    ...change,
  };
}
