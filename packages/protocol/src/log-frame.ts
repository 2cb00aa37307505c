import { z } from "zod";
import { anyBytes } from "./binary.ts";

/** The protocol over which a requester reads what its executions print. */
export const LOGS_PROTOCOL = "/gadus/logs/1.0.0";
/** Printed bytes in one frame. */
export const MAX_LOG_BYTES = 64 * 1024;
/** A whole frame, checked before it is decoded. */
export const MAX_LOG_FRAME_BYTES = MAX_LOG_BYTES + 1024;
/** A whole request, checked before it is decoded. */
export const MAX_LOG_REQUEST_BYTES = 1024;

const offset = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);

export const logRequestSchema = z.strictObject({
  executionId: z.string().min(1).max(96),
  /** Where to begin: bytes of both streams together, from the execution's first. */
  fromBytes: offset,
  /** Whether to go on until the execution has printed all. */
  follow: z.boolean(),
});
/** What a requester asks of a compute node about an execution of its own. */
export type LogRequest = z.infer<typeof logRequestSchema>;

const outputFrameSchema = z.strictObject({
  type: z.literal("output"),
  stream: z.enum(["stdout", "stderr"]),
  /** Of the first of `bytes`. */
  offset,
  bytes: anyBytes.refine(({ length }) => length > 0 && length <= MAX_LOG_BYTES, "must be 1 to 65536 bytes"),
});
/** Part of what an execution printed. */
export type LogOutput = z.infer<typeof outputFrameSchema>;

const failFrameSchema = z.strictObject({
  type: z.literal("fail"),
  code: z.string().min(1).max(128),
  message: z.string().max(512),
});

/** What a node answers of a log: parts of it in order; `fail`, after which nothing follows, where there is no more to be had. */
export type LogFrame = LogOutput | z.infer<typeof failFrameSchema>;

/** Frames as they travel: one whose sender is done says so, so that a break is told from an end. */
export const logFrameSchema = z.discriminatedUnion("type", [
  outputFrameSchema,
  failFrameSchema,
  z.strictObject({ type: z.literal("end") }),
]);
