import { z } from "zod";
import { operation } from "./api-operation.ts";
import { anyCase } from "./job-body.ts";
import { EXAMPLE, EXAMPLE_DOCUMENT, EXAMPLE_JOB, jobAnswerSchema, nextTokenSchema } from "./job-answer.ts";
import {
  documentBodySchema,
  evaluationSchema,
  JOB_ERRORS,
  jobPathSchema,
  SUBMIT_ERRORS,
  VERSION_ERRORS,
  warningsSchema,
} from "./job-operations.ts";
import { textSchema } from "./read-query.ts";

const JOBS = "/api/v1/orchestrator/jobs";

export const listVersions = operation({
  operationId: "listVersions",
  methods: ["GET"],
  url: `${JOBS}/:id/versions`,
  tag: "jobs",
  summary: "List a job's versions",
  description: "Every version that is kept, the latest first.",
  params: jobPathSchema,
  answers: {
    200: {
      description: "The versions.",
      schema: z.strictObject({ Items: z.array(jobAnswerSchema), NextToken: nextTokenSchema }),
      example: { Items: [EXAMPLE_JOB], NextToken: "" },
    },
  },
  errors: JOB_ERRORS,
});

export const diffJob = operation({
  operationId: "diffJob",
  methods: ["PUT"],
  url: `${JOBS}/diff`,
  tag: "jobs",
  summary: "Tell what submitting a document would change",
  description:
    "Checks a document as submitting does, and compares it with the job of its name; nothing is kept.",
  body: documentBodySchema,
  bodyExample: { Job: EXAMPLE_DOCUMENT },
  answers: {
    200: {
      description: "What would change.",
      schema: z.strictObject({
        Diff: z
          .string()
          .describe("a line a value, by its path, with `-` or `+`; empty where nothing changes"),
        Warnings: warningsSchema,
      }),
      example: {
        Diff: '-Tasks[0].Engine.Params.Image: "busybox:1.36"\n+Tasks[0].Engine.Params.Image: "busybox:1.37"\n',
        Warnings: [],
      },
    },
  },
  errors: ["protocol/invalid-document"],
});

export const rerunJob = operation({
  operationId: "rerunJob",
  methods: ["PUT"],
  url: `${JOBS}/:id/rerun`,
  tag: "jobs",
  summary: "Run a job again",
  description: "Begins a new version with the document of the latest one, or of an earlier one.",
  params: jobPathSchema,
  body: anyCase(
    z.object({
      JobVersion: z
        .int()
        .min(0)
        .nullish()
        .transform((version) => version || undefined)
        .describe("whose document; the latest where absent or 0"),
      Reason: textSchema.nullish().describe("why, for the job's history"),
    }),
  ),
  bodyExample: { JobVersion: 1, Reason: "new inputs" },
  answers: {
    200: {
      description: "The new version is taken.",
      schema: z.strictObject({
        JobID: z.string(),
        JobVersion: z.int().min(1),
        EvaluationID: evaluationSchema,
        Warnings: warningsSchema,
      }),
      example: { JobID: EXAMPLE.jobId, JobVersion: 2, EvaluationID: "v-1", Warnings: [] },
    },
  },
  errors: [...VERSION_ERRORS, ...SUBMIT_ERRORS],
});
