import { jobSchema } from "@gadus/protocol/document-schemas";
import { JOB_STATUSES } from "@gadus/requester";
import { z } from "zod";

/** An instant in nanoseconds since 1970, written with all its digits: it is beyond what a double counts exactly. */
export const nanosecondsSchema = z
  .custom<object>((value) => isRawJson(value), "not an integer as it is written")
  .meta({
    id: "Nanoseconds",
    type: "integer",
    format: "int64",
    description: "Nanoseconds since 1970. Beyond 2^53: read it as a 64-bit integer.",
  });

const isRawJson = (JSON as unknown as { readonly isRawJSON: (value: unknown) => boolean }).isRawJSON;

/** What `NextToken` of a page is. */
export const nextTokenSchema = z
  .string()
  .describe("where the next page begins, for `next_token`; opaque, and empty at the end");

/** A job as the API shows it. */
export const jobAnswerSchema = z
  .strictObject({
    ...jobSchema.shape,
    ID: z.string().describe("unique; a part of it from its beginning will do where that is"),
    Name: z.string().describe("the id, where the document has none"),
    Namespace: z.string(),
    Constraints: jobSchema.shape.Constraints.unwrap().unwrap(),
    Meta: jobSchema.shape.Meta.unwrap().unwrap(),
    Labels: jobSchema.shape.Labels.unwrap().unwrap(),
    Type: z.literal("batch"),
    Priority: z.int(),
    Count: z.int().describe("partitions"),
    State: z.strictObject({
      StateType: z.enum(JOB_STATUSES),
      Message: z.string().describe("why it failed, was stopped, or waits"),
      Details: z.strictObject({
        Code: z.string().optional().describe("why it failed, for programs"),
        Blame: z.string().optional().describe("whose fault that was"),
      }),
    }),
    Version: z.int().min(1).describe("1, and one more for each update"),
    Revision: z.int().describe("one more for each change of its state"),
    CreateTime: nanosecondsSchema,
    ModifyTime: nanosecondsSchema,
  })
  .meta({ id: "Job", description: "A job's document with what became of it." });

const ID = "j-6a1f0a3e-0d5b-4c1e-9a53-8b7f3c1d2e4f";

/** What examples speak of. */
export const EXAMPLE = {
  jobId: ID,
  executionId: "e-1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed",
  nodeId: "12D3KooWRBy97UB99e3J6hiPesre1MZeuNQvfan4gBziswrRJsNK",
  cid: "bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi",
  nanoseconds: 1_795_212_091_554_000_000,
  time: "2026-11-20T22:41:31.554Z",
} as const;

export const EXAMPLE_DOCUMENT = {
  Name: "hello",
  Type: "batch",
  Count: 1,
  Tasks: [
    {
      Name: "main",
      Engine: { Type: "docker", Params: { Image: "busybox:1.36", Parameters: ["echo", "hello"] } },
      Publisher: { Type: "ipfs" },
    },
  ],
};

export const EXAMPLE_JOB = {
  ...EXAMPLE_DOCUMENT,
  ID,
  Namespace: "default",
  Constraints: [],
  Meta: {},
  Labels: {},
  Priority: 0,
  State: { StateType: "Completed", Message: "", Details: {} },
  Version: 1,
  Revision: 7,
  CreateTime: EXAMPLE.nanoseconds,
  ModifyTime: EXAMPLE.nanoseconds,
};
