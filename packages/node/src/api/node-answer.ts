import { z } from "zod";
import { resourcesAnswerSchema } from "./execution-answer.ts";
import { EXAMPLE, nextTokenSchema } from "./job-answer.ts";

/** A version in the parts that clients expect. */
export const versionAnswerSchema = z
  .strictObject({
    Major: z.string(),
    Minor: z.string(),
    GitVersion: z.string().describe("such as `v0.1.0`; empty where it isn't known"),
    GitCommit: z.string(),
    BuildDate: z.iso.datetime(),
    GOOS: z.string(),
    GOARCH: z.string(),
  })
  .meta({ id: "Version" });

const computeSchema = z.strictObject({
  ExecutionEngines: z.array(z.string()),
  Publishers: z.array(z.string()),
  StorageSources: z.array(z.string()),
  MaxCapacity: resourcesAnswerSchema,
  QueueCapacity: resourcesAnswerSchema,
  AvailableCapacity: resourcesAnswerSchema,
  MaxJobRequirements: resourcesAnswerSchema,
  RunningExecutions: z.int().min(0),
  EnqueuedExecutions: z.int().min(0),
  address: z.string().describe("where it can be dialled"),
  Engines: z.array(
    z.strictObject({
      Type: z.string(),
      Profiles: z.array(z.string()).describe("what it runs exactly alike to others of the same profile"),
      Facts: z.record(z.string(), z.string()),
    }),
  ),
  UnavailableEngines: z.array(z.strictObject({ Type: z.string(), Reason: z.string() })),
});

/** What a node says of itself. */
export const nodeInfoSchema = z
  .strictObject({
    NodeID: z.string(),
    NodeType: z.enum(["Compute", "Requester"]),
    Labels: z.record(z.string(), z.string()),
    SupportedProtocols: z.array(z.string()),
    BacalhauVersion: versionAnswerSchema,
    ComputeNodeInfo: computeSchema.optional().describe("absent on a node that runs nothing"),
  })
  .meta({ id: "NodeInfo", description: "What a node says of itself." });

const connectionSchema = z.enum(["CONNECTED", "DISCONNECTED"]);
const instant = z.iso.datetime().describe("`0001-01-01T00:00:00Z` is never");

/** A node as a requester knows it. */
export const nodeStateSchema = z
  .strictObject({
    Info: nodeInfoSchema,
    Membership: z.enum(["PENDING", "APPROVED", "REJECTED"]),
    Connection: connectionSchema,
    ConnectionState: z.strictObject({
      Status: connectionSchema,
      LastHeartbeat: instant,
      ConnectedSince: instant,
      DisconnectedSince: instant,
      LastError: z.string(),
    }),
    Reputation: z
      .strictObject({
        Verified: z.number().min(0),
        Refuted: z.number().min(0),
        Failed: z.number().min(0),
        Late: z.number().min(0),
        Score: z.number().min(0).max(1).describe("0.5 of a node that is unknown"),
      })
      .describe("how often each kind of end was seen, older ones counting less"),
  })
  .meta({ id: "NodeState", description: "A node, with what this requester saw of it." });

export const nodeListSchema = z
  .strictObject({ Nodes: z.array(nodeStateSchema), NextToken: nextTokenSchema })
  .meta({ id: "NodeList" });

export const EXAMPLE_VERSION = {
  Major: "0",
  Minor: "1",
  GitVersion: "v0.1.0",
  GitCommit: "",
  BuildDate: "0001-01-01T00:00:00Z",
  GOOS: "linux",
  GOARCH: "amd64",
};

export const EXAMPLE_NODE_INFO = {
  NodeID: EXAMPLE.nodeId,
  NodeType: "Requester",
  Labels: { zone: "north" },
  SupportedProtocols: ["gadus/bid/1.0.0"],
  BacalhauVersion: EXAMPLE_VERSION,
};

export const EXAMPLE_NODE = {
  Info: EXAMPLE_NODE_INFO,
  Membership: "APPROVED",
  Connection: "CONNECTED",
  ConnectionState: {
    Status: "CONNECTED",
    LastHeartbeat: EXAMPLE.time,
    ConnectedSince: EXAMPLE.time,
    DisconnectedSince: "0001-01-01T00:00:00Z",
    LastError: "",
  },
  Reputation: { Verified: 12, Refuted: 0, Failed: 1, Late: 0, Score: 0.867 },
};
