import { EXECUTION_STATES } from "@gadus/protocol";
import { z } from "zod";
import { EXAMPLE, nanosecondsSchema, nextTokenSchema } from "./job-answer.ts";

/** Amounts as numbers: cores, bytes, devices. */
export const resourcesAnswerSchema = z
  .strictObject({
    CPU: z.number().min(0).describe("cores"),
    Memory: z.int().min(0).describe("bytes"),
    Disk: z.int().min(0).describe("bytes"),
    GPU: z.int().min(0).describe("devices"),
  })
  .meta({ id: "Resources" });

/** Where something is, by the kind of place. */
export const locationSchema = z
  .strictObject({
    Type: z.string().describe("`ipfs`, `urlDownload` or another publisher's; empty for nowhere"),
    Params: z.record(z.string(), z.unknown()).describe("`CID` for `ipfs`; `URL` and `CID` for `urlDownload`"),
  })
  .meta({ id: "Location", description: "Where a result is." });

const detailsSchema = z.strictObject({
  State: z.enum(EXECUTION_STATES).describe("the exact state"),
  Verdict: z.enum(["verified", "refuted"]).optional(),
  Reason: z.string().optional().describe("of the verdict"),
  Digest: z.string().optional().describe("of the proposed result"),
  CID: z.string().optional().describe("of the proposed result"),
  SizeBytes: z.string().optional(),
  Image: z.string().optional().describe("the image that ran, where one did"),
  Code: z.string().optional().describe("why it failed, for programs"),
  Blame: z.string().optional().describe("whose fault that was"),
  Retrievable: z.enum(["true", "false"]).optional().describe("whether its publication was found good"),
});

/** One placement of a partition on a node. */
const executionSchema = z
  .strictObject({
    ID: z.string(),
    Namespace: z.string(),
    EvalID: z.string(),
    Name: z.string().describe("the job's name and the partition"),
    NodeID: z.string(),
    JobID: z.string(),
    JobVersion: z.int(),
    AllocatedResources: z.strictObject({ Tasks: z.record(z.string(), resourcesAnswerSchema) }),
    DesiredState: z.strictObject({
      StateType: z.int().min(0).max(2).describe("0 pending, 1 running, 2 stopped"),
      Message: z.string(),
    }),
    ComputeState: z.strictObject({
      StateType: z
        .int()
        .min(0)
        .max(11)
        .describe(
          "0 undefined, 1 new, 2 ask for bid, 3 ask accepted, 4 ask rejected, 5 bid accepted, 6 running, 7 publishing, 8 bid rejected, 9 completed, 10 failed, 11 cancelled; the exact state is in Details",
        ),
      Message: z.string(),
      Details: detailsSchema,
    }),
    PublishedResult: locationSchema,
    RunOutput: z
      .strictObject({
        Stdout: z.string().optional(),
        StdoutTruncated: z.boolean(),
        stderr: z.string().optional(),
        StderrTruncated: z.boolean(),
        ExitCode: z.int().optional(),
        ErrorMsg: z.string().optional(),
      })
      .nullable()
      .describe(
        "the beginning of what it printed, and how it ended, of a published result; marks alone where only those are known, and null where nothing is",
      ),
    PreviousExecution: z.string(),
    NextExecution: z.string(),
    PartitionIndex: z.int().min(0),
    Revision: z.int(),
    CreateTime: nanosecondsSchema,
    ModifyTime: nanosecondsSchema,
  })
  .meta({ id: "Execution", description: "One placement of one partition of a job on a node." });

export const executionListSchema = z
  .strictObject({ Items: z.array(executionSchema), NextToken: nextTokenSchema })
  .meta({ id: "ExecutionList" });

export const EXAMPLE_EXECUTIONS = {
  Items: [
    {
      ID: EXAMPLE.executionId,
      Namespace: "default",
      EvalID: "",
      Name: "hello.0",
      NodeID: EXAMPLE.nodeId,
      JobID: EXAMPLE.jobId,
      JobVersion: 1,
      AllocatedResources: { Tasks: { main: { CPU: 0.5, Memory: 536870912, Disk: 0, GPU: 0 } } },
      DesiredState: { StateType: 2, Message: "" },
      ComputeState: { StateType: 9, Message: "", Details: { State: "published", Verdict: "verified" } },
      PublishedResult: { Type: "ipfs", Params: { CID: EXAMPLE.cid } },
      RunOutput: {
        Stdout: "hello\n",
        StdoutTruncated: false,
        stderr: "",
        StderrTruncated: false,
        ExitCode: 0,
        ErrorMsg: "",
      },
      PreviousExecution: "",
      NextExecution: "",
      PartitionIndex: 0,
      Revision: 6,
      CreateTime: EXAMPLE.nanoseconds,
      ModifyTime: EXAMPLE.nanoseconds,
    },
  ],
  NextToken: "",
};
