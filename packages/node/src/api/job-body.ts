import { z } from "zod";
import { NodeError } from "../node-error.ts";

/** A body's fields by their names in small letters: clients write them in any case. */
function lowerKeys(body: unknown): Readonly<Record<string, unknown>> {
  const entries = typeof body === "object" && body !== null ? Object.entries(body) : [];
  return Object.fromEntries(entries.map(([key, value]) => [key.toLowerCase(), value]));
}

/** A body of the fields of `schema`, their names in any letter case. */
export function anyCase<T extends z.ZodObject>(schema: T) {
  const names = Object.keys(schema.shape);
  return z.preprocess((body) => {
    if (typeof body !== "object" || body === null || Array.isArray(body)) return body;
    const fields = lowerKeys(body);
    return Object.fromEntries(names.map((name) => [name, fields[name.toLowerCase()]]));
  }, schema);
}

/** The `Job` of `{Job, Force}`. @throws {NodeError} `node/invalid-request` where there is none */
export function jobOf(body: unknown): unknown {
  const fields = lowerKeys(body);
  if (Object.hasOwn(fields, "job")) return fields["job"];
  throw new NodeError("node/invalid-request", "Cannot take the request: it has no Job", {
    field: "Job",
    hint: 'Send {"Job": {…}} with the job document inside.',
  });
}

/** The `Force` of `{Job, Force}`. */
export function forceOf(body: unknown): boolean {
  return lowerKeys(body)["force"] === true;
}
