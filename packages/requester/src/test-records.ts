import { type ExecutionState, parseJobDocument, type Task } from "@gadus/protocol";
import type { NodeView } from "./node-table.ts";
import { DEFAULT_REQUESTER_OPTIONS } from "./options.ts";
import type { NetworkView } from "./network-view.ts";
import { DEFAULT_STRATEGIES } from "./selection-strategies.ts";
import type { ExecutionRecord, JobRecord, PartitionRecord } from "./records.ts";

const OWNERSHIP = { jobId: "j-1", jobVersion: 1, namespace: "default", owner: "" };

/** A job document that any node can run; `change` adds to it. */
export function noopDocument(change: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    Type: "batch",
    Tasks: [
      { Name: "main", Engine: { Type: "noop", Params: { Stdout: "hello" } }, Publisher: { Type: "memory" } },
    ],
    ...change,
  };
}

function someTask(): Task {
  return {
    terms: {
      jobId: "j-1",
      jobType: "batch",
      partition: 0,
      partitionCount: 1,
      engine: "noop",
      profile: "noop/0",
      inputs: [],
      resources: { cpuMillis: 100, memoryBytes: 1024, diskBytes: 1024, gpus: 0 },
      network: { type: "none", domains: [] },
      verifier: "deterministic",
      publisher: "memory",
      executionTimeoutMs: 10_000,
      priority: 0,
    },
    details: {
      name: "main",
      engineParams: { stdout: "hello", exitCode: 0, durationMs: 0 },
      mounts: [],
      resultPaths: [],
      environment: {},
      publisherParams: {},
      epochMs: 0,
      seed: new Uint8Array(32),
    },
  };
}

export function someJob(
  document: Readonly<Record<string, unknown>> = {},
  change: Partial<JobRecord> = {},
): JobRecord {
  return {
    ...OWNERSHIP,
    revision: 1,
    spec: parseJobDocument(noopDocument(document)).spec,
    desired: "run",
    stopReason: undefined,
    task: someTask(),
    selectionSeed: "00".repeat(32),
    failure: undefined,
    waiting: undefined,
    deadlineMs: 1_000_000,
    createdAtMs: 0,
    modifiedAtMs: 0,
    closed: false,
    status: "Pending",
    ...change,
  };
}

export function somePartition(change: Partial<PartitionRecord> = {}): PartitionRecord {
  return {
    ...OWNERSHIP,
    index: 0,
    revision: 1,
    target: 1,
    rounds: 0,
    verdict: undefined,
    completedBy: undefined,
    ...change,
  };
}

export function someExecution(
  node: string,
  state: ExecutionState,
  change: Partial<ExecutionRecord> = {},
): ExecutionRecord {
  const proposed =
    state === "proposed" || state === "verified" || state === "published" || state === "refuted";
  return {
    ...OWNERSHIP,
    id: `e-${node}`,
    partition: 0,
    nodeId: node,
    group: `node:${node}`,
    state,
    revision: 1,
    salt: "00".repeat(32),
    boxPublicKey: undefined,
    has: [],
    proposal: proposed ? proposalOf("right") : undefined,
    publication: undefined,
    retrievable: undefined,
    failure:
      state === "failed"
        ? { code: "executor/invalid-module", message: "broken", blame: "nobody" }
        : undefined,
    deadlineMs: 100_000,
    engaged: proposed || state === "accepted" || state === "running" || state === "failed",
    createdAtMs: 0,
    modifiedAtMs: 0,
    ...change,
  };
}

export function proposalOf(result: string): NonNullable<ExecutionRecord["proposal"]> {
  const nothing = new Uint8Array();
  return {
    digest: `h1:${result}`,
    cid: `cid-${result}`,
    sizeBytes: 1,
    statement: { payload: nothing, signature: nothing },
  };
}

export function someNode(nodeId: string, change: Partial<NodeView> = {}): NodeView {
  const plenty = { cpuMillis: 4000, memoryBytes: 2 ** 32, diskBytes: 2 ** 32, gpus: 0 };
  return {
    nodeId,
    connected: true,
    address: "/ip4/127.0.0.1/tcp/4001",
    announcement: {
      sequence: 1,
      ttlMs: 60_000,
      version: "0.1.0",
      requester: false,
      labels: {},
      compute: {
        engines: [
          { type: "noop", profiles: ["noop/0"] },
          { type: "docker", profiles: ["docker/1"] },
        ],
        verifiers: ["deterministic", "none"],
        publishers: ["memory"],
        storage: ["ipfs"],
        maxCapacity: plenty,
        maxExecution: plenty,
        availableCapacity: plenty,
        runningExecutions: 0,
        queuedExecutions: 0,
        queueLimit: 100,
      },
    },
    announcedAtMs: 0,
    connectedSinceMs: 0,
    disconnectedSinceMs: undefined,
    membership: "approved",
    unanswered: 0,
    taken: 0,
    ...change,
  };
}

export function networkOf(names: readonly string[], settledAtMs = 0): NetworkView {
  return networkWith(
    names.map((name) => someNode(name)),
    { settledAtMs },
  );
}

/** A network of these nodes; all others are gone since the start. */
export function networkWith(nodes: readonly NodeView[], change: Partial<NetworkView> = {}): NetworkView {
  return {
    nodes,
    node: (nodeId) => nodes.find((node) => node.nodeId === nodeId),
    changes: 0,
    options: { ...DEFAULT_REQUESTER_OPTIONS, suspectAfterMs: 3_000 },
    startedAtMs: 0,
    settledAtMs: 0,
    selection: { strategies: DEFAULT_STRATEGIES, reputationOf: () => undefined, compares: () => true },
    ...change,
  };
}
