import { z } from "zod";
import { resourcesSchema } from "./task.ts";

const name = z.string().min(1).max(256);
const names = z.array(name).max(64);
const count = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);

/** The longest that an announcement may claim to hold. */
export const MAX_ANNOUNCEMENT_TTL_MS = 600_000;

export const computeOfferSchema = z.strictObject({
  engines: z
    .array(
      z.strictObject({
        type: name,
        profiles: names,
        /** What people may want to know of it, such as its limits, in words. */
        facts: z.record(name, z.string().max(256)).optional(),
      }),
    )
    .max(16),
  /** Engines that are configured and can't run anything now, and why. */
  unavailable: z
    .array(z.strictObject({ type: name, reason: z.string().max(512) }))
    .max(16)
    .optional(),
  verifiers: names,
  publishers: names,
  storage: names,
  /** All that the node gives to jobs. */
  maxCapacity: resourcesSchema,
  /** The most that one execution may ask for. */
  maxExecution: resourcesSchema,
  availableCapacity: resourcesSchema,
  runningExecutions: count,
  queuedExecutions: count,
  queueLimit: count,
});
/** What a compute node says that it can do. It only filters: order comes from what the requester saw itself. */
export type ComputeOffer = z.infer<typeof computeOfferSchema>;

export const announcementSchema = z.strictObject({
  /** Grows with every announcement of its author, across restarts; a lower or equal one is dropped. */
  sequence: count,
  /** How long it holds, counted by the receiver's clock from when it arrived. */
  ttlMs: z.number().int().min(1).max(MAX_ANNOUNCEMENT_TTL_MS),
  version: name,
  requester: z.boolean(),
  compute: computeOfferSchema.optional(),
  labels: z
    .record(name, z.string().max(256))
    .refine((labels) => Object.keys(labels).length <= 64, "at most 64 labels"),
  /** The organisation that runs the node, by its own word. */
  operator: name.optional(),
});
/** What a node tells everyone about itself. Its author is authenticated by the transport. */
export type Announcement = z.infer<typeof announcementSchema>;

/** Events in one gossip message, at most. */
export const MAX_JOB_EVENTS = 200;

const jobEventSchema = z.strictObject({
  type: z.enum(["announced", "results-accepted", "results-rejected"]),
  jobId: name,
  engine: name,
  atMs: count,
});
/** What everyone may hear of a job. Never a secret, never a result's hash. */
export type JobEvent = z.infer<typeof jobEventSchema>;

/** Job events travel together: each gossip message costs every node a signature check. */
export const jobEventsSchema = z.array(jobEventSchema).min(1).max(MAX_JOB_EVENTS);
