import { z } from "zod";
import { operation } from "./api-operation.ts";

export const readOpenApi = operation({
  operationId: "readOpenApi",
  methods: ["GET"],
  url: "/openapi.json",
  tag: "reference",
  summary: "Read this description",
  description: "The API as OpenAPI 3.1. It is the same on each node of one version.",
  answers: {
    200: {
      description: "The description.",
      schema: z.looseObject({ openapi: z.literal("3.1.1"), paths: z.record(z.string(), z.unknown()) }),
      example: { openapi: "3.1.1", paths: {} },
    },
  },
  errors: [],
});

export const browseDocs = operation({
  operationId: "browseDocs",
  methods: ["GET"],
  url: "/docs",
  tag: "reference",
  summary: "Browse this description",
  description:
    "A page that shows the API, and from which it can be tried out. It loads nothing from elsewhere.",
  answers: { 200: { description: "The page.", mediaType: "text/html" } },
  errors: [],
});

/** What the page loads. */
export const DOCS_FILES = {
  "swagger-ui.css": "text/css; charset=utf-8",
  "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
  "page.css": "text/css; charset=utf-8",
  "page.js": "text/javascript; charset=utf-8",
} as const;

export const readDocsFile = operation({
  operationId: "readDocsFile",
  methods: ["GET"],
  url: "/docs/:file",
  tag: "reference",
  summary: "Read a part of the page",
  description: "Styles and scripts of `/docs`.",
  params: z.object({ file: z.string().describe("one that the page names").meta({ example: "page.js" }) }),
  answers: {
    200: { description: "The file.", mediaType: "text/css, text/javascript" },
  },
  errors: ["node/unknown-route"],
});
