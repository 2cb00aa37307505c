import { sha256 } from "multiformats/hashes/sha2";
import { z } from "zod";
import { exactBytes } from "./binary.ts";
import { encodeValue } from "./cbor.ts";
import { plainProblem } from "./plain-value.ts";

/**
 * What one partition of a job does, with everything that affects its bytes fixed by the requester.
 *
 * `terms` travel with the ask: what a node needs to decide. `details` travel with the acceptance, and only
 * their salted hash with the ask.
 */
export interface Task {
  readonly terms: TaskTerms;
  readonly details: TaskDetails;
}

const name = z.string().min(1).max(256);
const count = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);

/** A storage source, publisher or verifier by type, with parameters that its adapter understands. */
export const specSchema = z.strictObject({
  type: name,
  params: z.record(name, z.union([z.string().max(4096), z.number(), z.boolean()])),
});
export type Spec = z.infer<typeof specSchema>;

export const resourcesSchema = z.strictObject({
  /** Thousandths of a core. */
  cpuMillis: count,
  memoryBytes: count,
  diskBytes: count,
  gpus: count,
});
/** What an execution takes of a machine. */
export type Resources = z.infer<typeof resourcesSchema>;

/** The container image that a task runs, once its requester has fixed it as far as it must be. */
export const imageSchema = z.discriminatedUnion("from", [
  z.strictObject({
    from: z.literal("name"),
    /** `name:tag`, `name@sha256:<digest>` or the image id `sha256:<digest>`. */
    reference: z.string().min(1).max(512),
  }),
  z.strictObject({
    /** An archive as `docker save` writes it; this input is not mounted. */
    from: z.literal("input"),
    /** Its place in `inputs`. */
    input: count,
  }),
]);
export type Image = z.infer<typeof imageSchema>;

/** Of one task. */
export const MAX_INPUTS = 64;
const MAX_RESULT_PATHS = 64;

export const taskTermsSchema = z.strictObject({
  jobId: name,
  jobType: name,
  partition: count,
  partitionCount: count,
  engine: name,
  /** What fixes the bytes that an engine yields, such as `wasm/1`. */
  profile: name,
  inputs: z.array(z.strictObject({ source: specSchema, sizeBytes: count.optional() })).max(MAX_INPUTS),
  resources: resourcesSchema,
  /** What it may be charged, for an engine that counts instructions. */
  fuel: count.optional(),
  /** Of an engine that runs containers. */
  image: imageSchema.optional(),
  /** Whether a container may write anywhere in its root file system, and not only under its results and `/tmp`. */
  writableRoot: z.boolean().optional(),
  network: z.strictObject({
    type: z.enum(["none", "http", "full"]),
    domains: z.array(name).max(64),
  }),
  verifier: name,
  publisher: name,
  executionTimeoutMs: count,
  priority: z.number().int().min(-1000).max(1000),
});
export type TaskTerms = z.infer<typeof taskTermsSchema>;

export const taskDetailsSchema = z.strictObject({
  name,
  /** The engine's own parameters, by its schema in `engine-params.ts`. */
  engineParams: z
    .record(name, z.unknown())
    .refine((params) => plainProblem(params) === undefined, "must be plain data"),
  /** Where each of `terms.inputs` is mounted, in the same order. */
  mounts: z
    .array(z.strictObject({ target: z.string().min(1).max(4096), alias: z.string().max(256) }))
    .max(MAX_INPUTS),
  resultPaths: z.array(z.strictObject({ name, path: z.string().min(1).max(4096) })).max(MAX_RESULT_PATHS),
  environment: z.record(name, z.string().max(65_536)),
  publisherParams: specSchema.shape.params,
  /** The moment, in milliseconds since 1970, at which a deterministic engine's clock starts. */
  epochMs: count,
  /** 32 bytes from which a deterministic engine's randomness comes. */
  seed: exactBytes(32),
});
export type TaskDetails = z.infer<typeof taskDetailsSchema>;

/** SHA-256 of the whole task: what every signed statement about it names. */
export async function hashTask(task: Task): Promise<Uint8Array> {
  return (await sha256.digest(encodeValue({ terms: task.terms, details: task.details }))).digest;
}

/** SHA-256 of the details under a salt: what an ask shows of them. */
export async function commitToDetails(details: TaskDetails, salt: Uint8Array): Promise<Uint8Array> {
  return (await sha256.digest(encodeValue({ details, salt }))).digest;
}
