import { z } from "zod";

/** What a leaf of the configuration takes. */
export type ConfigKind = "text" | "number" | "boolean" | "list" | "map" | "quantity";

/** One setting. */
export interface ConfigKey {
  /** Such as `["api", "port"]`. */
  readonly path: readonly string[];
  /** Such as `GADUS_API_PORT`. */
  readonly variable: string;
  readonly kind: ConfigKind;
  readonly description: string;
  /** As people write it; undefined where there is none. */
  readonly defaultValue: unknown;
  /** The values that it may have, where they are few. */
  readonly choices: readonly string[] | undefined;
  /** Whether nobody should see its value. */
  readonly secret: boolean;
  /** Whether it stays out of the reference. */
  readonly hidden: boolean;
}

/** What is called so is a secret itself; a file that has one is called otherwise. */
const SECRET_NAME = /(secret|password|passphrase|token|apiKey)s?$/i;

/** Every setting of `schema`, in its order. */
export function configKeys(schema: z.ZodType, path: readonly string[] = []): readonly ConfigKey[] {
  const { inner } = unwrap(schema);
  if (!(inner instanceof z.ZodObject)) return [toKey(schema, path)];
  return Object.entries(inner.shape).flatMap(([name, child]) =>
    configKeys(child as z.ZodType, [...path, name]),
  );
}

/** The names of the settings directly in the section at `path`; undefined where that is no section. */
export function sectionKeys(schema: z.ZodType, path: readonly string[]): readonly string[] | undefined {
  const { inner } = unwrap(schema);
  if (!(inner instanceof z.ZodObject)) return undefined;
  const [first, ...rest] = path;
  if (first === undefined) return Object.keys(inner.shape);
  const child: unknown = inner.shape[first];
  return child instanceof z.ZodType ? sectionKeys(child, rest) : undefined;
}

function toKey(schema: z.ZodType, path: readonly string[]): ConfigKey {
  const { inner, defaultValue } = unwrap(schema);
  return {
    path,
    variable: `GADUS_${path.map((name) => name.replace(/[A-Z]/g, "_$&").toUpperCase()).join("_")}`,
    kind: kindOf(inner),
    description: schema.description ?? "",
    defaultValue,
    choices: inner instanceof z.ZodEnum ? inner.options.map(String) : undefined,
    secret: schema.meta()?.secret === true || SECRET_NAME.test(path.at(-1) ?? ""),
    hidden: schema.meta()?.hidden === true,
  };
}

function kindOf(schema: z.ZodType): ConfigKind {
  if (schema instanceof z.ZodNumber) return "number";
  if (schema instanceof z.ZodBoolean) return "boolean";
  if (schema instanceof z.ZodArray) return "list";
  if (schema instanceof z.ZodRecord) return "map";
  return schema instanceof z.ZodPipe ? "quantity" : "text";
}

function unwrap(schema: z.ZodType): { readonly inner: z.ZodType; readonly defaultValue: unknown } {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) {
    return { inner: unwrap(schema.unwrap() as z.ZodType).inner, defaultValue: schema.def.defaultValue };
  }
  if (schema instanceof z.ZodOptional) return unwrap(schema.unwrap() as z.ZodType);
  return { inner: schema, defaultValue: undefined };
}
