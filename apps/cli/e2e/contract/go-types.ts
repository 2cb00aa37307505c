/**
 * What Bacalhau's own command (1.5 to 1.8, written in Go) decodes: the fields of its structs as JSON, each with the
 * type that its decoder demands. `needed` is what it looks into without asking whether it is there.
 */

export type GoType =
  | "any"
  | "base64"
  | "bool"
  | "float64"
  | "int"
  | "int64"
  | "string"
  | "time"
  | "uint64"
  | { readonly list: GoType; readonly needed?: true }
  | { readonly map: GoType }
  | { readonly oneOf: readonly string[] }
  | { readonly struct: GoStructName; readonly needed?: true };

const list = (of: GoType): GoType => ({ list: of });
const map = (of: GoType): GoType => ({ map: of });
const struct = (name: GoStructName): GoType => ({ struct: name });
const needed = (name: GoStructName): GoType => ({ struct: name, needed: true });
const oneOf = (...names: readonly string[]): GoType => ({ oneOf: names });

export type GoStructName =
  | "AgentConfig"
  | "AllocatedResources"
  | "APIError"
  | "Authenticated"
  | "Authentication"
  | "BuildVersion"
  | "ChallengeParams"
  | "ComputeNodeInfo"
  | "ConnectionState"
  | "Constraint"
  | "DesiredState"
  | "Diffed"
  | "Event"
  | "Execution"
  | "ExecutionState"
  | "GetJob"
  | "GetNode"
  | "History"
  | "InputSource"
  | "IsAlive"
  | "Job"
  | "JobState"
  | "ListExecutions"
  | "ListHistory"
  | "ListJobs"
  | "ListNodes"
  | "ListResults"
  | "LogFrame"
  | "LogLine"
  | "Method"
  | "Methods"
  | "Network"
  | "NodeInfo"
  | "NodeState"
  | "Port"
  | "PutJob"
  | "PutNode"
  | "Resources"
  | "ResourcesText"
  | "ResultPath"
  | "Rerun"
  | "RunOutput"
  | "Spec"
  | "StopJob"
  | "Task"
  | "Timeouts";

const paged = (key: string, item: GoStructName) =>
  ({ [key]: list(needed(item)), NextToken: "string" }) as const;

export const GO_STRUCTS: { readonly [S in GoStructName]: Readonly<Record<string, GoType>> } = {
  PutJob: { JobID: "string", EvaluationID: "string", Warnings: list("string") },
  GetJob: { Job: needed("Job"), History: struct("ListHistory"), Executions: struct("ListExecutions") },
  ListJobs: paged("Items", "Job"),
  ListHistory: paged("Items", "History"),
  ListExecutions: paged("Items", "Execution"),
  ListResults: paged("Items", "Spec"),
  ListNodes: paged("Nodes", "NodeState"),
  StopJob: { EvaluationID: "string" },
  Rerun: { JobID: "string", JobVersion: "uint64", EvaluationID: "string", Warnings: list("string") },
  Diffed: { Diff: "string", Warnings: list("string") },
  Job: {
    ID: "string",
    Name: "string",
    Namespace: "string",
    Type: "string",
    Priority: "int",
    Count: "int",
    Constraints: list(needed("Constraint")),
    Meta: map("string"),
    Labels: map("string"),
    Tasks: { list: needed("Task"), needed: true },
    State: struct("JobState"),
    Version: "uint64",
    Revision: "uint64",
    CreateTime: "int64",
    ModifyTime: "int64",
  },
  JobState: {
    StateType: oneOf("Undefined", "Pending", "Queued", "Running", "Completed", "Failed", "Stopped"),
    Message: "string",
    Details: map("string"),
  },
  Constraint: {
    Key: "string",
    Operator: oneOf("in", "notin", "=", "==", "!=", "exists", "!", "gt", "lt"),
    Values: list("string"),
  },
  Task: {
    Name: "string",
    Engine: needed("Spec"),
    Publisher: struct("Spec"),
    Env: map("string"),
    Meta: map("string"),
    InputSources: list(needed("InputSource")),
    ResultPaths: list(needed("ResultPath")),
    Resources: struct("ResourcesText"),
    Network: struct("Network"),
    Timeouts: struct("Timeouts"),
  },
  Spec: { Type: "string", Params: map("any") },
  InputSource: { Source: needed("Spec"), Alias: "string", Target: "string" },
  ResultPath: { Name: "string", Path: "string" },
  ResourcesText: { CPU: "string", Memory: "string", Disk: "string", GPU: "string" },
  Network: {
    Type: oneOf("Default", "None", "Host", "HTTP", "Full", "Bridge", ""),
    Domains: list("string"),
    Ports: list(needed("Port")),
  },
  Port: { Name: "string", Static: "int", Target: "int", HostNetwork: "string" },
  Timeouts: { ExecutionTimeout: "int64", QueueTimeout: "int64", TotalTimeout: "int64" },
  Execution: {
    ID: "string",
    Namespace: "string",
    EvalID: "string",
    Name: "string",
    NodeID: "string",
    JobID: "string",
    JobVersion: "uint64",
    AllocatedResources: struct("AllocatedResources"),
    DesiredState: struct("DesiredState"),
    ComputeState: struct("ExecutionState"),
    PublishedResult: struct("Spec"),
    RunOutput: struct("RunOutput"),
    PreviousExecution: "string",
    NextExecution: "string",
    FollowupEvalID: "string",
    PartitionIndex: "int",
    Revision: "uint64",
    CreateTime: "int64",
    ModifyTime: "int64",
  },
  AllocatedResources: { Tasks: map(struct("Resources")) },
  Resources: { CPU: "float64", Memory: "uint64", Disk: "uint64", GPU: "uint64", GPUs: list("any") },
  DesiredState: { StateType: "int", Message: "string", Details: map("string") },
  ExecutionState: { StateType: "int", Message: "string", Details: map("string") },
  RunOutput: {
    Stdout: "string",
    StdoutTruncated: "bool",
    stderr: "string",
    StderrTruncated: "bool",
    ExitCode: "int",
    ErrorMsg: "string",
  },
  History: {
    SeqNum: "uint64",
    Type: oneOf("JobLevel", "ExecutionLevel"),
    JobID: "string",
    JobVersion: "uint64",
    ExecutionID: "string",
    NodeID: "string",
    Event: struct("Event"),
    Time: "time",
  },
  Event: { Message: "string", Topic: "string", Timestamp: "time", Details: map("string") },
  LogFrame: { value: struct("LogLine"), error: "string" },
  LogLine: { Type: "int", Line: "string" },
  GetNode: { Node: needed("NodeState") },
  PutNode: { Success: "bool", Error: "string" },
  NodeState: {
    Info: struct("NodeInfo"),
    Membership: oneOf("PENDING", "APPROVED", "REJECTED"),
    Connection: oneOf("CONNECTED", "DISCONNECTED"),
    ConnectionState: struct("ConnectionState"),
  },
  ConnectionState: {
    Status: oneOf("CONNECTED", "DISCONNECTED"),
    LastHeartbeat: "time",
    ConnectedSince: "time",
    DisconnectedSince: "time",
    LastError: "string",
  },
  NodeInfo: {
    NodeID: "string",
    NodeType: oneOf("Requester", "Compute"),
    Labels: map("string"),
    SupportedProtocols: list("string"),
    ComputeNodeInfo: struct("ComputeNodeInfo"),
    BacalhauVersion: struct("BuildVersion"),
  },
  ComputeNodeInfo: {
    ExecutionEngines: list("string"),
    Publishers: list("string"),
    StorageSources: list("string"),
    MaxCapacity: struct("Resources"),
    QueueCapacity: struct("Resources"),
    AvailableCapacity: struct("Resources"),
    MaxJobRequirements: struct("Resources"),
    RunningExecutions: "int",
    EnqueuedExecutions: "int",
    address: "string",
  },
  BuildVersion: {
    Major: "string",
    Minor: "string",
    GitVersion: "string",
    GitCommit: "string",
    BuildDate: "time",
    GOOS: "string",
    GOARCH: "string",
  },
  IsAlive: { Status: "string" },
  AgentConfig: { config: map("any") },
  Methods: { Methods: map(needed("Method")) },
  Method: { type: oneOf("challenge", "ask"), params: needed("ChallengeParams") },
  ChallengeParams: { InputPhrase: "base64" },
  Authenticated: { Authentication: needed("Authentication") },
  Authentication: { success: "bool", reason: "string", token: "string" },
  APIError: {
    Status: "int",
    Message: "string",
    RequestID: "string",
    Code: "string",
    Component: "string",
    Hint: "string",
    Details: map("string"),
  },
};
