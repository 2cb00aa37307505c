import { z } from "zod";

const text = z.string().max(1024);
const seconds = z.number().int().min(0).max(31_536_000);
/** Numbers are taken and shown as text: clients decode nothing else. */
const quantity = z.union([z.string().max(64), z.number().transform(String).pipe(z.string())]);
const textMap = z.record(z.string().max(1024), z.string().max(65_536));

/** A storage source, engine, publisher or verifier, as people write it. */
export const specDocumentSchema = z.object({
  Type: z.string().min(1).max(64),
  Params: z.record(z.string(), z.unknown()).nullish(),
});
export type SpecDocument = z.infer<typeof specDocumentSchema>;

const inputSchema = z.object({
  Source: specDocumentSchema.describe(
    "`ipfs` (CID), `inline` (URL, a `data:` one), `urlDownload` (URL, and ChecksumSHA256 in hex if you like) or `localDirectory` (SourcePath)",
  ),
  Alias: z.string().max(256).nullish(),
  Target: z.string().min(1).max(4096).describe("the absolute path at which the task finds it"),
});

const resultPathSchema = z.object({
  Name: z.string().min(1).max(256).describe("its folder in the results"),
  Path: z.string().min(1).max(4096).describe("the absolute path that the task writes to"),
});

const resourcesDocumentSchema = z.object({
  CPU: quantity.nullish().describe('cores, such as `"500m"` or `"2"`'),
  Memory: quantity.nullish().describe('such as `"512Mb"` or `"2Gi"`, in multiples of 1024'),
  Disk: quantity.nullish().describe("like Memory"),
  GPU: quantity.nullish().describe("how many"),
});

/** Shown to clients that decode it, though nothing is made of it. */
const portSchema = z.object({
  Name: z.string().max(256).nullish(),
  Static: z.number().int().nullish(),
  Target: z.number().int().nullish(),
  HostNetwork: z.string().max(256).nullish(),
});

const networkSchema = z.object({
  Type: z.string().max(64).nullish().describe("`None` (default), `HTTP` or `Full`"),
  Domains: z
    .array(z.string().min(1).max(256))
    .max(64)
    .nullish()
    .describe("what `HTTP` may reach: `example.com`, or `*.example.com` for the names below it"),
  Ports: z.array(portSchema).max(64).nullish().describe("taken and ignored"),
});

const timeoutsSchema = z.object({
  BidTimeout: seconds.nullish().describe("for the nodes asked to bid"),
  StartTimeout: seconds.nullish().describe("for an accepted execution to wait in its node's queue"),
  ExecutionTimeout: seconds.nullish().describe("for one execution to run"),
  ProposeTimeout: seconds
    .nullish()
    .describe("for a run that has ended to have its result written, named and sent"),
  PublishTimeout: seconds.nullish().describe("for a verified result to be published and checked"),
  QueueTimeout: seconds.nullish().describe("for what can't be placed to wait for nodes"),
  TotalTimeout: seconds.nullish().describe("for all of the job"),
});

const taskSchema = z.object({
  Name: z.string().max(256).nullish().describe("`main` by default"),
  Engine: specDocumentSchema.describe("what runs it: `docker`, `wasm` or `noop`"),
  Publisher: specDocumentSchema
    .extend({ Type: z.string().max(64).nullish() })
    .nullish()
    .describe(
      "where the verified result goes: `ipfs` or `local`; the node's default where it, or its Type, is absent or empty",
    ),
  Env: textMap.nullish().describe("environment variables"),
  Meta: textMap.nullish(),
  InputSources: z.array(inputSchema).max(64).nullish().describe("what the task reads"),
  ResultPaths: z.array(resultPathSchema).max(64).nullish().describe("what of its output is kept"),
  Resources: resourcesDocumentSchema.nullish().describe("what it may use; the node's default where absent"),
  Network: networkSchema.nullish().describe("what it may reach"),
  Timeouts: timeoutsSchema.nullish().describe("in seconds; 0 or absent is the node's default"),
});
export type TaskDocument = z.infer<typeof taskSchema>;

const constraintSchema = z.object({
  Key: z.string().min(1).max(1024).describe("a label"),
  Operator: z.enum(["in", "notin", "=", "==", "!=", "exists", "!", "gt", "lt"]),
  Values: z.array(text).max(256).nullish(),
});
/** A condition on a node's labels. */
export type Constraint = z.infer<typeof constraintSchema>;

const dealSchema = z.object({
  Concurrency: z.number().int().nullish().describe("nodes that run each partition, 1 to 100; 1 by default"),
  MinBids: z.number().int().nullish().describe("bids to have before any is taken; Concurrency by default"),
  Confidence: z
    .number()
    .int()
    .nullish()
    .describe("equal results that make a verdict; more than half of all proposals by default"),
  Selection: z
    .string()
    .min(1)
    .max(64)
    .nullish()
    .describe("how nodes are chosen: `random`, `ranked` or `reputation`, which is the default"),
});

/** The job document at the edge: Bacalhau's v1 names, and `Deal` and `Verifier` of our own. */
export const jobSchema = z.object({
  ID: text.nullish().describe("set by the requester"),
  Name: text.nullish(),
  Namespace: text.nullish().describe("`default` by default"),
  Type: text.nullish().describe("`batch`"),
  Priority: z.number().int().min(-1000).max(1000).nullish().describe("higher goes first; 0 by default"),
  Count: z.number().int().min(0).max(1_000).nullish().describe("partitions; 1 where absent or 0"),
  Constraints: z.array(constraintSchema).max(64).nullish().describe("what a node's labels must fulfil"),
  Meta: textMap
    .nullish()
    .describe(
      "`gadus/concurrency`, `gadus/min-bids`, `gadus/confidence`, `gadus/selection` and `gadus/verifier` count where Deal and Verifier don't say",
    ),
  Labels: textMap.nullish(),
  Tasks: z
    .array(taskSchema)
    .min(1, "must name one task")
    .max(1, "must name only one task")
    .describe("what is run"),
  Deal: dealSchema.nullish().describe("1 ≤ Confidence ≤ Concurrency ≤ MinBids"),
  Verifier: specDocumentSchema.nullish().describe("`deterministic` (default) or `none`"),
  State: z.unknown().optional().describe("set by the requester"),
  Version: z.number().nullish().describe("set by the requester"),
  Revision: z.number().nullish().describe("set by the requester"),
  CreateTime: z.number().nullish().describe("set by the requester, in nanoseconds since 1970"),
  ModifyTime: z.number().nullish().describe("set by the requester, in nanoseconds since 1970"),
});
export type JobDocument = z.infer<typeof jobSchema>;
