import { z } from "zod";
import { operation } from "./api-operation.ts";
import { locationSchema } from "./execution-answer.ts";
import { EXAMPLE, nextTokenSchema } from "./job-answer.ts";
import { jobPathSchema, jobVersionSchema, VERSION_ERRORS } from "./job-operations.ts";
import { flagSchema, textSchema } from "./read-query.ts";

const JOBS = "/api/v1/orchestrator/jobs";

export const listResults = operation({
  operationId: "listResults",
  methods: ["GET"],
  url: `${JOBS}/:id/results`,
  tag: "results",
  summary: "Tell where a job's results are",
  description:
    "One item a completed partition, each place once. For clients of Bacalhau, which say their version, what is published with `ipfs` is a `urlDownload` at this requester: a link to `/results/…` that needs no key, below the address by which the client reached it, or `compute.publishers.local.url` where that is set.",
  params: jobPathSchema,
  querystring: z.object({ job_version: jobVersionSchema }),
  headers: z.object({
    "x-bacalhau-git-version": z
      .string()
      .optional()
      .describe("by which a client of Bacalhau is known: links in place of CIDs")
      .meta({ example: "v1.7.0" }),
  }),
  answers: {
    200: {
      description: "The places.",
      schema: z.strictObject({ Items: z.array(locationSchema), NextToken: nextTokenSchema }),
      example: { Items: [{ Type: "ipfs", Params: { CID: EXAMPLE.cid } }], NextToken: "" },
    },
  },
  errors: VERSION_ERRORS,
});

export const downloadResults = operation({
  operationId: "downloadResults",
  methods: ["GET"],
  url: `${JOBS}/:id/results/download.tar.gz`,
  tag: "results",
  summary: "Download a job's results",
  description:
    "All results as one archive, those of several partitions in a folder `partition-N` each; or with `path` one file of them, of which a `Range` is enough.",
  params: jobPathSchema,
  querystring: z.object({
    job_version: jobVersionSchema,
    path: textSchema.describe("one file, by its path in the archive").meta({ example: "stdout" }),
  }),
  headers: z.object({
    range: z.string().optional().describe("with `path`: bytes of the file").meta({ example: "bytes=0-1023" }),
  }),
  answers: {
    200: {
      description: "The archive, or with `path` the file as `application/octet-stream`.",
      mediaType: "application/gzip, application/octet-stream",
      headers: { "Accept-Ranges": "`bytes`, with `path`", "Content-Disposition": "the archive's name" },
    },
    206: {
      description: "The range of the file.",
      mediaType: "application/octet-stream",
      headers: { "Content-Range": "which bytes of how many these are" },
    },
    416: {
      description: "The file has no such range; the body is empty.",
      mediaType: "application/octet-stream",
      headers: { "Content-Range": "how many bytes there are" },
    },
  },
  errors: [
    ...VERSION_ERRORS,
    "node/no-results",
    "node/not-retrievable",
    "storage/not-found",
    "storage/not-allowed",
    "storage/invalid-block",
  ],
});

/** A line that an execution printed, as it is sent in a frame of text. */
const logFrameSchema = z
  .strictObject({
    value: z.object({
      Type: z.int().min(0).max(2).describe("1 for standard output, 2 for standard error, 0 for neither"),
      Line: z.string(),
    }),
    origin: z
      .object({ ExecutionID: z.string(), NodeID: z.string() })
      .optional()
      .describe("with `origin`: whose line it is"),
    error: z.string().optional().describe("why the stream ends"),
  })
  .describe("One frame of text of a stream of logs.");

export const followLogs = operation({
  operationId: "followLogs",
  methods: ["GET"],
  url: `${JOBS}/:id/logs`,
  tag: "results",
  summary: "Read or follow what a job prints",
  description:
    "A WebSocket (RFC 6455): a frame of text for each line from the first on, as `x-frame` says. It ends with close code 1000 once all was told; with `follow`, once the job is over.",
  params: jobPathSchema,
  querystring: z.object({
    execution_id: textSchema.describe("of this execution only").meta({ example: EXAMPLE.executionId }),
    job_version: jobVersionSchema,
    follow: flagSchema.describe("goes on as more is printed"),
    tail: z
      .string()
      .toLowerCase()
      .regex(/^(\d{1,6}|true|false|)$/, "neither a number of lines, true nor false")
      .optional()
      .transform((text) => {
        if (text === undefined || text === "" || text === "false") return undefined;
        return text === "true" ? TAIL_LINES : Number(text);
      })
      .describe("only so many of the last lines of each execution; `true` is 10")
      .meta({ example: "100" }),
    origin: flagSchema.describe("tells of each line which execution printed it"),
  }),
  answers: { 101: { description: "The connection goes over to WebSocket.", mediaType: "" } },
  errors: [...VERSION_ERRORS, "node/upgrade-required"],
  speaks: { "x-frame": logFrameSchema },
});

/** What `tail=true` means, as Bacalhau's clients write it. */
const TAIL_LINES = 10;
