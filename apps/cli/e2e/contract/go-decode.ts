import { GO_STRUCTS, type GoStructName, type GoType } from "./go-types.ts";

/** A number as it was written. */
class Literal {
  readonly source: string;

  constructor(source: string) {
    this.source = source;
  }
}

/** What the command has of an answer, by its own names; `int64` and `uint64` are `bigint`. */
export type Decoded = Readonly<Record<string, unknown>>;

/**
 * Decodes JSON by the rules of Go's `encoding/json`: keys in any letter case, unknown keys ignored, null for whatever
 * has a zero value, and an error for any other type than the field's, as the command would end with.
 *
 * @throws where the command would refuse the answer, or look into what isn't there
 */
export function decodeAs(name: GoStructName, text: string): Decoded {
  const literals = (_key: string, value: unknown, context?: { readonly source?: string }): unknown =>
    typeof value === "number" ? new Literal(context?.source ?? String(value)) : value;
  const value: unknown = JSON.parse(text, literals);
  if (!isObject(value)) throw refuse(name, "an object", value);
  return decodeStruct(name, value, name);
}

function decodeStruct(name: GoStructName, value: object, path: string): Decoded {
  const given = new Map(Object.entries(value).map(([key, item]) => [key.toLowerCase(), item as unknown]));
  const fields = Object.entries(GO_STRUCTS[name]).map(([key, type]) => {
    const item = given.get(key.toLowerCase()) ?? null;
    return [key, decode(type, item, `${path}.${key}`)] as const;
  });
  return Object.fromEntries(fields);
}

function decode(type: GoType, value: unknown, path: string): unknown {
  if (typeof type === "string") return value === null ? undefined : SIMPLE[type](value, path);
  if (value === null) {
    if ("needed" in type && type.needed) throw new Error(`${path} is nil, and the command looks into it`);
    return undefined;
  }
  if ("oneOf" in type) {
    if (typeof value === "string" && type.oneOf.some((name) => name.toLowerCase() === value.toLowerCase()))
      return value;
    throw refuse(path, `one of ${type.oneOf.join(", ")}`, value);
  }
  if ("list" in type) {
    if (!Array.isArray(value)) throw refuse(path, "a list", value);
    if (type.needed && value.length === 0)
      throw new Error(`${path} is empty, and the command takes its first`);
    return value.map((item, index) => decode(type.list, item, `${path}[${index}]`));
  }
  if (!isObject(value)) throw refuse(path, "an object", value);
  if ("struct" in type) return decodeStruct(type.struct, value, path);
  const entries = Object.entries(value).map(([key, item]) => [
    key,
    decode(type.map, item, `${path}[${key}]`),
  ]);
  return Object.fromEntries(entries) as unknown;
}

type Simple = Extract<GoType, string>;

const SIMPLE: { readonly [T in Simple]: (value: unknown, path: string) => unknown } = {
  any: (value) => (value instanceof Literal ? Number(value.source) : value),
  base64: (value, path) => {
    const text = stringOf(value, path);
    if (/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text))
      return Buffer.from(text, "base64");
    throw refuse(path, "base64", value);
  },
  bool: (value, path) => {
    if (typeof value === "boolean") return value;
    throw refuse(path, "a bool", value);
  },
  float64: (value, path) => {
    if (value instanceof Literal) return Number(value.source);
    throw refuse(path, "a number", value);
  },
  int: (value, path) => Number(integerOf(value, path, { min: -(2n ** 63n), max: 2n ** 63n - 1n })),
  int64: (value, path) => integerOf(value, path, { min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  uint64: (value, path) => integerOf(value, path, { min: 0n, max: 2n ** 64n - 1n }),
  string: stringOf,
  time: (value, path) => {
    const text = stringOf(value, path);
    if (/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(text)) return text;
    throw refuse(path, "a time (RFC 3339)", value);
  },
};

function stringOf(value: unknown, path: string): string {
  if (typeof value === "string") return value;
  throw refuse(path, "a string", value);
}

function integerOf(
  value: unknown,
  path: string,
  { min, max }: { readonly min: bigint; readonly max: bigint },
): bigint {
  if (value instanceof Literal && /^-?\d+$/.test(value.source)) {
    const integer = BigInt(value.source);
    if (integer >= min && integer <= max) return integer;
  }
  throw refuse(path, "an integer, without fraction and exponent", value);
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Literal);
}

function refuse(path: string, wanted: string, value: unknown): Error {
  const found = value instanceof Literal ? value.source : JSON.stringify(value);
  return new Error(`${path} is ${found}: the command decodes ${wanted}`);
}
