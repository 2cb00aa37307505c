import type { z } from "zod";
import { ProtocolError } from "./protocol-error.ts";

/** A field's name in an error is cut to this. */
const MAX_FIELD_LENGTH = 256;

/** `value` by `schema`, or an error that names the first field that is wrong. */
export function checkField<T>(schema: z.ZodType<T>, value: unknown, prefix: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const path = (issue?.path ?? [])
    .map((key) => (typeof key === "number" ? `[${key}]` : `.${String(key)}`))
    .join("");
  const field = `${prefix}${path}`.replace(/^\./, "") || "Job";
  const missing = issue?.code === "invalid_type" && issue.message.endsWith("received undefined");
  throw invalidField(
    field,
    missing ? "missing" : (issue?.message ?? "not valid"),
    `Correct ${field} in the job document.`,
  );
}

/** The error of a document whose `field` is wrong: what was found, and in `hint` what would be right. */
export function invalidField(field: string, state: string, hint: string): ProtocolError {
  const name = shorten(field, MAX_FIELD_LENGTH);
  return new ProtocolError("protocol/invalid-document", `Cannot take ${name}: ${shorten(state, 512)}`, {
    blame: "job",
    field: name,
    hint: shorten(hint, 512),
  });
}

/** `text`, cut where it is longer than an error message should quote. */
export function shorten(text: string, maxLength = 128): string {
  return text.length <= maxLength ? text : `${text.slice(0, maxLength - 1)}…`.toWellFormed();
}
