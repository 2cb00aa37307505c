import {
  dockerDocumentSchema,
  jobSchema,
  noopDocumentSchema,
  wasmDocumentSchema,
} from "@gadus/protocol/document-schemas";
import { z } from "zod";
import { showAs } from "./shown-as.ts";

// `parseJobDocument` reads a document step by step, each with its own words for what is wrong; here stands what all of
// them together take.

const noop = noopDocumentSchema.shape;
const ENGINES = [
  z.object({
    Type: z.literal("docker"),
    Params: dockerDocumentSchema.extend({ Image: like(dockerDocumentSchema.shape.Image, z.string().min(1)) }),
  }),
  z.object({
    Type: z.literal("wasm"),
    Params: wasmDocumentSchema.extend({
      EntryModule: like(wasmDocumentSchema.shape.EntryModule, z.string().min(1)),
    }),
  }),
  z.object({
    Type: z.literal("noop"),
    Params: noopDocumentSchema
      .extend({
        ExitCode: like(noop.ExitCode, z.int().min(0).max(255).nullish()),
        DurationMs: like(noop.DurationMs, z.int().min(0).max(86_400_000).nullish()),
      })
      .nullish(),
  }),
] as const;

const { Engine } = jobSchema.shape.Tasks.element.shape;
showAs(Engine, like(Engine, z.union(ENGINES)));
showAs(jobSchema.shape.Type, z.literal("batch").nullish());

const deal = jobSchema.shape.Deal.unwrap().unwrap().shape;
const count = (max: number) => z.int().min(1).max(max).nullish();
showAs(deal.Concurrency, count(100));
showAs(deal.MinBids, count(1000));
showAs(deal.Confidence, count(100));

/** `schema`, described as `other` is. */
function like<T extends z.ZodType>(other: z.ZodType, schema: T): T {
  return other.description === undefined ? schema : schema.describe(other.description);
}

/** A job as clients send it. */
export const jobDocumentSchema = z.object(jobSchema.shape).meta({
  id: "JobDocument",
  description:
    "What a submitter wants. Keys may be in any letter case, but for those of maps; unknown keys are ignored, with a warning; null is the same as absent.",
});
