import { z } from "zod";
import { operation } from "./api-operation.ts";
import { showAs } from "./shown-as.ts";
import { EXAMPLE } from "./job-answer.ts";

export const CAR_TYPE = "application/vnd.ipld.car";
export const RAW_TYPE = "application/vnd.ipld.raw";

export const readContent = operation({
  operationId: "readContent",
  methods: ["GET"],
  url: "/ipfs/:cid",
  tag: "content",
  summary: "Read what is below a CID",
  description:
    "Blocks, for clients that check them (IPFS trustless gateway): with `format=car` all below a CID as a CAR (version 1), depth first, or what `dag-scope` says of them; with `format=raw` the CID's own block. What isn't here is fetched from other nodes.",
  params: z.object({
    cid: z.string().describe("such as `bafy…` or `Qm…`").meta({ example: "bafkqabtimvwgy3yk" }),
  }),
  querystring: z.object({
    format: showAs(z.string(), z.enum(["car", "raw"]))
      .optional()
      .describe("`car` or `raw`; or say so with `Accept`"),
    "dag-scope": z
      .enum(["all", "entity", "block"])
      .default("all")
      .describe("of a CAR: everything below, the file or folder itself, or its block alone"),
  }),
  headers: z.object({ accept: z.string().optional() }),
  answers: {
    200: {
      description: "The blocks; they end early where one can't be had.",
      mediaType: `${CAR_TYPE}, ${RAW_TYPE}`,
      headers: { ETag: "of the content, which never changes", "Content-Disposition": "a file's name for it" },
    },
  },
  errors: ["node/not-retrievable", "storage/not-found", "storage/invalid-block"],
});

export const readPublished = operation({
  operationId: "readPublished",
  methods: ["GET"],
  url: "/results/:archive",
  tag: "content",
  summary: "Read a result that this node published, or passes on",
  description:
    "A result as an archive, for whoever has the link, which an item `urlDownload` of a job's results has: of a job whose publisher is `local`, at the node that ran it; for Bacalhau's clients also of one whose publisher is `ipfs`, at the requester, which fetches what it hasn't got. No key is needed.",
  params: z.object({
    archive: z
      .string()
      .describe("what the link ends in")
      .meta({ example: `${EXAMPLE.cid}.secret.tar.gz` }),
  }),
  headers: z.object({
    range: z.string().optional().describe("bytes of the archive").meta({ example: "bytes=0-1023" }),
    "if-range": z.string().optional().describe("the ETag that the range is of"),
    "if-none-match": z.string().optional().describe("the ETag of what is there already"),
  }),
  answers: {
    200: {
      description: "The archive.",
      mediaType: "application/gzip",
      headers: {
        ETag: "of the archive's bytes",
        "Accept-Ranges": "`bytes`",
        "Content-Disposition": "its name",
      },
    },
    206: {
      description: "The range of it.",
      mediaType: "application/gzip",
      headers: { "Content-Range": "which bytes of how many these are" },
    },
    304: { description: "What is there already is right; no body.", mediaType: "application/gzip" },
    416: {
      description: "It has no such range; the body is empty.",
      mediaType: "application/gzip",
      headers: { "Content-Range": "how many bytes there are" },
    },
  },
  errors: ["node/no-results", "node/not-retrievable"],
});

export const uploadBlob = operation({
  operationId: "uploadBlob",
  methods: ["PUT", "POST"],
  url: "/api/v1/orchestrator/blobs",
  tag: "content",
  summary: "Upload a file",
  description:
    "Keeps a file, of any content type, and answers the CID by which jobs name it as an input. No body is an empty file.",
  upload: "application/octet-stream",
  bodyExample: "hello\n",
  answers: {
    200: {
      description: "The file is kept.",
      schema: z.strictObject({ CID: z.string(), SizeBytes: z.int().min(0) }),
      example: { CID: EXAMPLE.cid, SizeBytes: 6 },
    },
  },
  errors: ["storage/full"],
});
