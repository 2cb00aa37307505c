/** The schemas of what people write, for who describes them. */
export { dockerDocumentSchema, noopDocumentSchema, wasmDocumentSchema } from "./engine-schema.ts";
export { jobSchema } from "./job-schema.ts";
