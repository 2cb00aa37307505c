import { z } from "zod";
import { NodeError } from "../node-error.ts";
import { showAs } from "./shown-as.ts";

/** The most that one page holds, whatever was asked for. */
const MAX_PAGE = 1000;
const DEFAULT_PAGE = 100;

const MAX_WHOLE = 999_999_999_999_999;
const wholeSchema = showAs(
  z
    .string()
    .regex(/^\d{0,15}$/, "not a whole number")
    .optional(),
  z.int().min(0).max(MAX_WHOLE).optional(),
);

/** `limit`: absent or 0 is the default. */
export const limitSchema = wholeSchema.transform((text) =>
  Math.min(Number(text ?? 0) || DEFAULT_PAGE, MAX_PAGE),
);

/** `job_version`: absent or 0 is the latest. */
export const versionSchema = wholeSchema.transform((text) => Number(text ?? 0) || undefined);

/** `order_by`: absent is `created_at`; older clients name the fields, `create_time` and `modify_time`. */
export const orderSchema = z
  .enum(["created_at", "modified_at", "create_time", "modify_time", ""])
  .optional()
  .transform((order) => (order === "modified_at" || order === "modify_time" ? "modified_at" : "created_at"));

/** Text that may be there several times. */
export const textsSchema = z
  .union([z.string().max(4096), z.array(z.string().max(4096)).max(64)])
  .optional()
  .transform((texts) => [texts ?? []].flat());

/** A flag: as Go, Python and JavaScript write booleans, or there without a value. */
export const flagSchema = z
  .string()
  .toLowerCase()
  .pipe(z.enum(["true", "t", "1", "", "false", "f", "0"]))
  .optional()
  .transform((flag) => flag === "true" || flag === "t" || flag === "1" || flag === "");

/** Text; the empty one is as good as none. */
export const textSchema = z
  .string()
  .max(4096)
  .optional()
  .transform((text) => text || undefined);

/**
 * A request's query (or its body) by `schema`; parameters that it doesn't know are ignored.
 *
 * @throws {NodeError} `node/invalid-request` naming the parameter
 */
export function readQuery<T extends z.ZodType>(schema: T, query: unknown): z.output<T> {
  const parsed = schema.safeParse(query ?? {});
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const field = issue?.path.join(".") || "the request";
  throw new NodeError("node/invalid-request", `Cannot use ${field}: ${issue?.message ?? "not valid"}`, {
    field,
    hint: `Correct ${field}.`,
  });
}
