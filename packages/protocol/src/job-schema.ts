import { z } from "zod";

const text = z.string().max(1024);
const seconds = z.number().int().min(0).max(31_536_000);
const quantity = z.union([z.string().max(64), z.number()]);
const textMap = z.record(z.string().max(1024), z.string().max(65_536));

/** A storage source, engine, publisher or verifier, as people write it. */
export const specDocumentSchema = z.object({
  Type: z.string().min(1).max(64),
  Params: z.record(z.string(), z.unknown()).nullish(),
});
export type SpecDocument = z.infer<typeof specDocumentSchema>;

const inputSchema = z.object({
  Source: specDocumentSchema,
  Alias: z.string().max(256).nullish(),
  Target: z.string().min(1).max(4096),
});

const taskSchema = z.object({
  Name: z.string().max(256).nullish(),
  Engine: specDocumentSchema,
  Publisher: specDocumentSchema.extend({ Type: z.string().max(64) }).nullish(),
  Env: textMap.nullish(),
  Meta: textMap.nullish(),
  InputSources: z.array(inputSchema).max(64).nullish(),
  ResultPaths: z
    .array(z.object({ Name: z.string().min(1).max(256), Path: z.string().min(1).max(4096) }))
    .max(64)
    .nullish(),
  Resources: z
    .object({
      CPU: quantity.nullish(),
      Memory: quantity.nullish(),
      Disk: quantity.nullish(),
      GPU: quantity.nullish(),
    })
    .nullish(),
  Network: z
    .object({
      Type: z.string().max(64).nullish(),
      Domains: z.array(z.string().min(1).max(256)).max(64).nullish(),
      Ports: z.array(z.unknown()).max(64).nullish(),
    })
    .nullish(),
  Timeouts: z
    .object({
      ExecutionTimeout: seconds.nullish(),
      QueueTimeout: seconds.nullish(),
      TotalTimeout: seconds.nullish(),
    })
    .nullish(),
});
export type TaskDocument = z.infer<typeof taskSchema>;

const constraintSchema = z.object({
  Key: z.string().min(1).max(1024),
  Operator: z.enum(["in", "notin", "=", "==", "!=", "exists", "!", "gt", "lt"]),
  Values: z.array(text).max(256).nullish(),
});
/** A condition on a node's labels. */
export type Constraint = z.infer<typeof constraintSchema>;

/** The job document at the edge: Bacalhau's v1 names, and `Deal` and `Verifier` of our own. */
export const jobSchema = z.object({
  ID: text.nullish(),
  Name: text.nullish(),
  Namespace: text.nullish(),
  Type: text.nullish(),
  Priority: z.number().int().min(-1000).max(1000).nullish(),
  Count: z.number().int().min(1).max(10_000).nullish(),
  Constraints: z.array(constraintSchema).max(64).nullish(),
  Meta: textMap.nullish(),
  Labels: textMap.nullish(),
  Tasks: z.array(taskSchema).min(1, "must name one task").max(1, "must name only one task"),
  Deal: z
    .object({
      Concurrency: z.number().int().nullish(),
      MinBids: z.number().int().nullish(),
      Confidence: z.number().int().nullish(),
    })
    .nullish(),
  Verifier: specDocumentSchema.nullish(),
  State: z.unknown().optional(),
  Version: z.number().nullish(),
  Revision: z.number().nullish(),
  CreateTime: z.number().nullish(),
  ModifyTime: z.number().nullish(),
});
export type JobDocument = z.infer<typeof jobSchema>;
