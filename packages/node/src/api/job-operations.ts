import { z } from "zod";
import { operation } from "./api-operation.ts";
import { EXAMPLE_EVENT, historySchema } from "./event-answer.ts";
import { EXAMPLE_EXECUTIONS, executionListSchema } from "./execution-answer.ts";
import { EXAMPLE, EXAMPLE_DOCUMENT, EXAMPLE_JOB, jobAnswerSchema, nextTokenSchema } from "./job-answer.ts";
import { anyCase, forceOf, jobOf } from "./job-body.ts";
import { jobDocumentSchema } from "./job-document-schema.ts";
import {
  flagSchema,
  limitSchema,
  orderSchema,
  textSchema,
  textsSchema,
  versionSchema,
} from "./read-query.ts";
import { showAs } from "./shown-as.ts";

const JOBS = "/api/v1/orchestrator/jobs";

export const jobPathSchema = z.object({
  id: z
    .string()
    .describe("a job's id, a part of one from its beginning that no other has, or its name")
    .meta({ example: EXAMPLE.jobId }),
});
export const jobVersionSchema = versionSchema
  .describe("which version; the latest where absent or 0")
  .meta({ example: 1 });
export const warningsSchema = z.array(z.string()).describe("what of the document was ignored, in words");
export const evaluationSchema = z.string().describe("no more than an id: older clients expect one");
export const JOB_ERRORS = ["requester/unknown-job", "requester/ambiguous-id"] as const;
export const VERSION_ERRORS = [...JOB_ERRORS, "requester/unknown-version"] as const;
export const SUBMIT_ERRORS = [
  "protocol/invalid-document",
  "requester/not-runnable",
  "requester/unchanged",
  "requester/overloaded",
  "requester/stopped",
  "node/store-full",
] as const;

const pageQuery = {
  limit: limitSchema.describe("items on one page, 1000 at most; 100 where absent or 0").meta({ example: 20 }),
  next_token: textSchema.describe("NextToken of the page before"),
  order_by: orderSchema.describe("`created_at` where absent"),
  reverse: flagSchema.describe("the other way round"),
};

export const selectorsSchema = showAs(textsSchema, z.array(z.string().max(4096)).max(64).optional())
  .describe(
    "conditions on labels, joined by commas: `k=v`, `k!=v`, `k in (a,b)`, `k notin (a,b)`, `k`, `!k`; all must hold",
  )
  .meta({ example: ["team=blue,!archived"] });

/** `{Job, Force}`, keys in any letter case; the document is read by who takes it in, which tells of each field. */
const submissionSchema = showAs(
  z.unknown().transform((body) => ({ Job: jobOf(body), Force: forceOf(body) })),
  z.object({
    Job: jobDocumentSchema,
    Force: z.boolean().optional().describe("makes a new version even where nothing changes"),
  }),
);

export const submitJob = operation({
  operationId: "submitJob",
  methods: ["PUT", "POST"],
  url: JOBS,
  tag: "jobs",
  summary: "Submit a job",
  description:
    "Takes a job, durably, before it answers. A document whose Name and Namespace a job has already is an update of that job: its next version.",
  body: submissionSchema,
  bodyExample: { Job: EXAMPLE_DOCUMENT },
  answers: {
    200: {
      description: "The job is taken.",
      schema: z.strictObject({
        JobID: z.string(),
        EvaluationID: evaluationSchema,
        Warnings: warningsSchema,
      }),
      example: { JobID: EXAMPLE.jobId, EvaluationID: "v-1", Warnings: [] },
    },
  },
  errors: SUBMIT_ERRORS,
});

export const listJobs = operation({
  operationId: "listJobs",
  methods: ["GET"],
  url: JOBS,
  tag: "jobs",
  summary: "List jobs",
  description: "A page of jobs, the newest first unless `reverse`.",
  querystring: z.object({
    namespace: textSchema
      .describe("whose jobs; `*` is all, and `default` is meant where absent")
      .meta({ example: "*" }),
    ...pageQuery,
    labels: selectorsSchema,
  }),
  answers: {
    200: {
      description: "One page of jobs.",
      schema: z.strictObject({ Items: z.array(jobAnswerSchema), NextToken: nextTokenSchema }),
      example: { Items: [EXAMPLE_JOB], NextToken: "" },
    },
  },
  errors: ["requester/invalid-token"],
});

const includeSchema = textsSchema.transform((texts) =>
  texts.flatMap((names) => names.split(",").map((name) => name.trim())),
);

export const describeJob = operation({
  operationId: "describeJob",
  methods: ["GET"],
  url: `${JOBS}/:id`,
  tag: "jobs",
  summary: "Describe a job",
  description: "One job, with the first page of its executions and history where asked for.",
  params: jobPathSchema,
  querystring: z.object({
    include: showAs(includeSchema, z.array(z.string().max(4096)).max(64).optional())
      .describe("`executions`, `history`, or both with a comma between")
      .meta({ example: ["executions,history"] }),
    job_version: jobVersionSchema,
    limit: pageQuery.limit,
    order_by: orderSchema.describe("of executions; `created_at` where absent"),
    reverse: flagSchema.describe("executions the other way round"),
  }),
  answers: {
    200: {
      description: "The job.",
      schema: z.strictObject({
        Job: jobAnswerSchema,
        Executions: executionListSchema.optional(),
        History: historySchema.optional(),
      }),
      example: { Job: EXAMPLE_JOB },
    },
  },
  errors: VERSION_ERRORS,
});

const reason = textSchema.describe("why, for the job's history").meta({ example: "no longer needed" });

export const stopJob = operation({
  operationId: "stopJob",
  methods: ["DELETE"],
  url: `${JOBS}/:id`,
  tag: "jobs",
  summary: "Stop a job",
  description: "Ends a job and all its executions. One that is over stays as it is.",
  params: jobPathSchema,
  querystring: z.object({ reason }),
  body: anyCase(z.object({ reason: reason.nullish() })),
  bodyExample: { reason: "no longer needed" },
  answers: {
    200: {
      description: "The job is stopped, or was over.",
      schema: z.strictObject({ EvaluationID: evaluationSchema }),
      example: { EvaluationID: "v-1" },
    },
  },
  errors: [...JOB_ERRORS, "requester/stopped", "node/store-full"],
});

export const listExecutions = operation({
  operationId: "listExecutions",
  methods: ["GET"],
  url: `${JOBS}/:id/executions`,
  tag: "jobs",
  summary: "List a job's executions",
  description: "A page of the placements of a job's partitions on nodes, the oldest first unless `reverse`.",
  params: jobPathSchema,
  querystring: z.object({
    job_version: jobVersionSchema,
    all_job_versions: flagSchema.describe("of every version, where `job_version` names none"),
    ...pageQuery,
  }),
  answers: {
    200: { description: "One page.", schema: executionListSchema, example: EXAMPLE_EXECUTIONS },
  },
  errors: [...VERSION_ERRORS, "requester/invalid-token"],
});

export const readHistory = operation({
  operationId: "readHistory",
  methods: ["GET"],
  url: `${JOBS}/:id/history`,
  tag: "jobs",
  summary: "Read a job's history",
  description:
    "What happened to a job, the oldest first. Who waits for a job asks with the last NextToken until it is empty.",
  params: jobPathSchema,
  querystring: z.object({
    limit: pageQuery.limit,
    next_token: z
      .string()
      .regex(
        /^\d{0,15}$/,
        "no page of this history ended there; pass the NextToken of the page before, unchanged",
      )
      .optional()
      .transform(Number)
      .describe("NextToken of the page before"),
    event_type: z
      .enum(["all", "job", "execution", ""])
      .optional()
      .transform((type) => (type === "job" || type === "execution" ? type : undefined))
      .describe("of the job, of its executions, or both"),
    execution_id: textSchema.describe("of this execution only").meta({ example: EXAMPLE.executionId }),
    job_version: jobVersionSchema,
    all_job_versions: flagSchema.describe("of every version"),
    since: z.coerce
      .number()
      .min(0)
      .max(1e11)
      .optional()
      .describe("seconds since 1970")
      .meta({ example: 1795212091 }),
  }),
  answers: {
    200: {
      description: "One page of what happened.",
      schema: historySchema,
      example: { Items: [EXAMPLE_EVENT], NextToken: "41" },
    },
  },
  errors: VERSION_ERRORS,
});

const placementSchema = z.strictObject({
  JobID: z.string(),
  JobVersion: z.int(),
  Summary: z.string().describe("such as `0 of 40 nodes: 31 too little memory, 9 refused by policy`"),
  Able: z.int().min(0).describe("nodes that bid or could be asked"),
  Known: z.int().min(0),
  Reasons: z.array(z.strictObject({ Reason: z.string(), Count: z.int().min(1) })),
  Nodes: z.array(
    z.strictObject({
      NodeID: z.string(),
      Connected: z.boolean(),
      Score: z.number().min(0).max(1),
      Able: z.boolean(),
      Bid: z.enum(["none", "asked", "declined", "unanswered", "offered", "rejected", "accepted"]),
      Reason: z.string().describe("what it does for the job, or why it does nothing"),
      Executions: z.array(z.string()),
    }),
  ),
});

export const explainPlacement = operation({
  operationId: "explainPlacement",
  methods: ["GET"],
  url: `${JOBS}/:id/placement`,
  tag: "jobs",
  summary: "Explain where a job is placed",
  description: "Every node that was considered, and what became of it or why it wasn't asked.",
  params: jobPathSchema,
  querystring: z.object({ job_version: jobVersionSchema }),
  answers: {
    200: {
      description: "The placement.",
      schema: placementSchema,
      example: {
        JobID: EXAMPLE.jobId,
        JobVersion: 1,
        Summary: "0 of 1 node: 1 too little memory",
        Able: 0,
        Known: 1,
        Reasons: [{ Reason: "too little memory", Count: 1 }],
        Nodes: [
          {
            NodeID: EXAMPLE.nodeId,
            Connected: true,
            Score: 0.5,
            Able: false,
            Bid: "none",
            Reason: "too little memory",
            Executions: [],
          },
        ],
      },
    },
  },
  errors: VERSION_ERRORS,
});

/** The body of what takes a document without running it. */
export const documentBodySchema = showAs(
  z.unknown().transform((body) => ({ Job: jobOf(body) })),
  z.object({ Job: jobDocumentSchema }),
);
