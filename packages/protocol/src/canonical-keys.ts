import { z } from "zod";
import { invalidField } from "./document-field.ts";
import { isPlainObject, joinPath } from "./plain-value.ts";

/** Unknown keys that are told of; more are left out without a word. */
export const MAX_UNKNOWN_KEYS = 100;

/** What {@link canonicalKeys} found. */
export interface CanonicalKeys {
  /** The same value with the letter case of every known key put right and unknown keys left out. */
  readonly value: unknown;
  /** Paths of the keys that the schema doesn't know, such as `Tasks[0].Foo`. */
  readonly unknownKeys: readonly string[];
}

/**
 * Puts the letter case of `value`'s keys right by `schema`: clients write `Tasks`, `tasks` or `TASKS`.
 *
 * Free-form maps (labels, environment, parameters) keep their keys. `path` is where `value` stands in its document.
 *
 * @throws {ProtocolError} `protocol/invalid-document` where a key is there twice, in two letter cases
 */
export function canonicalKeys(schema: z.ZodType, value: unknown, path = ""): CanonicalKeys {
  const unknownKeys: string[] = [];
  return { value: walk(schema, value, path, unknownKeys), unknownKeys };
}

function walk(schema: z.ZodType, value: unknown, path: string, unknownKeys: string[]): unknown {
  const inner = unwrap(schema);
  if (inner instanceof z.ZodArray && Array.isArray(value)) {
    return value.map((item, index) =>
      walk(inner.element as z.ZodType, item, `${path}[${index}]`, unknownKeys),
    );
  }
  if (!(inner instanceof z.ZodObject) || !isPlainObject(value)) return value;
  const canonical = new Map(Object.keys(inner.shape).map((key) => [key.toLowerCase(), key]));
  const result: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) {
    const known = canonical.get(key.toLowerCase());
    const itemPath = joinPath(path, key);
    if (known === undefined) {
      if (unknownKeys.length < MAX_UNKNOWN_KEYS) unknownKeys.push(itemPath);
    } else if (Object.hasOwn(result, known)) {
      throw invalidField(joinPath(path, known), "there twice, in two letter cases", `Write ${known} once.`);
    } else {
      result[known] = walk(inner.shape[known] as z.ZodType, item, itemPath, unknownKeys);
    }
  }
  return result;
}

function unwrap(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable || schema instanceof z.ZodDefault) {
    return unwrap(schema.unwrap() as z.ZodType);
  }
  return schema instanceof z.ZodPipe ? unwrap(schema.out as z.ZodType) : schema;
}
