import { z } from "zod";
import { shownAs } from "./shown-as.ts";

/** A schema as JSON Schema 2020-12 writes it, which is how OpenAPI 3.1 does. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** Collects the schemas that have a name, for `components.schemas`. */
export interface SchemaComponents {
  /** `schema` as it stands in the document: those that have a name by a reference. */
  add(schema: z.core.$ZodType, io: "input" | "output"): JsonSchema;
  /** The named ones, by name. */
  all(): Readonly<Record<string, JsonSchema>>;
}

const DEFINITIONS = "#/$defs/";
const COMPONENTS = "#/components/schemas/";

/** Writes schemas for one document. */
export function schemaComponents(): SchemaComponents {
  const named = new Map<string, JsonSchema>();

  function keep(name: string, definition: JsonSchema): void {
    const known = named.get(name);
    if (known !== undefined && JSON.stringify(known) !== JSON.stringify(definition))
      throw new TypeError(`Cannot describe the API: two schemas are called "${name}"`);
    named.set(name, definition);
  }

  function add(schema: z.core.$ZodType, io: "input" | "output"): JsonSchema {
    // What has a name is a definition only within something else.
    const { properties, $defs = {} } = z.toJSONSchema(z.object({ it: schema }), {
      io,
      target: "draft-2020-12",
      unrepresentable: "any",
      override: ({ zodSchema, jsonSchema }) => {
        const shown = io === "input" ? shownAs(zodSchema) : undefined;
        if (shown !== undefined) replace(jsonSchema, add(shown, io));
      },
    });
    for (const [name, definition] of Object.entries($defs))
      keep(name, toComponents(definition) as JsonSchema);
    return toComponents(properties?.["it"]) as JsonSchema;
  }

  return {
    add,
    all: () => Object.fromEntries([...named].toSorted(([a], [b]) => (a < b ? -1 : 1))),
  };
}

/** Makes `written` what `shown` is, but for what it is said to mean, and its example. */
function replace(written: Record<string, unknown>, shown: JsonSchema): void {
  const { description, example } = written;
  for (const key of Object.keys(written)) Reflect.deleteProperty(written, key);
  Object.assign(
    written,
    shown,
    description !== undefined && { description },
    example !== undefined && { example },
  );
}

/** `value` with references to components where they were to definitions. */
function toComponents(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toComponents);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, each]) => [
    key,
    key === "$ref" && typeof each === "string" ? each.replace(DEFINITIONS, COMPONENTS) : toComponents(each),
  ]);
  return Object.fromEntries(entries) as unknown;
}
