import type { z } from "zod";

type Schema = z.core.$ZodType;

const shown = new WeakMap<Schema, Schema>();

/** `schema`, shown in the reference as `as`: what it accepts is more than can be said, or is said elsewhere. */
export function showAs<T extends Schema>(schema: T, as: Schema): T {
  shown.set(schema, as);
  return schema;
}

/** What {@link showAs} said of `schema`, or of what it was made from by giving it a description. */
export function shownAs(schema: Schema): Schema | undefined {
  const own = shown.get(schema);
  const { parent } = schema._zod;
  return own ?? (parent === undefined ? undefined : shownAs(parent));
}
