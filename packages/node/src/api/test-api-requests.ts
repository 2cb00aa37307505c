import * as fc from "fast-check";
import type { ApiDocument, ApiOperation, Schema } from "./test-api-document.ts";

/** A request as it goes over the wire. */
export interface ApiRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | undefined;
}

const MAX_DEPTH = 6;
const NAMES = ["__proto__", "constructor", "prototype", "toString", "hasOwnProperty", ""];
const HOSTILE_TEXTS = [
  ...NAMES,
  "\u0000",
  "\r\nX-Injected: 1",
  "../../etc/passwd",
  "%00%ff",
  "null",
  "-1",
  "1e400",
  "0x10",
  "9007199254740993",
  "99999999999999999999",
  "NaN",
  "💥\u202e\u0301",
  "'; DROP TABLE jobs; --",
  "${7*7}",
  "a".repeat(1100),
  "[]",
  "{}",
];

const anyText = fc.oneof(
  fc.constantFrom(...HOSTILE_TEXTS),
  fc.string({ unit: "binary", maxLength: 40 }).map((text) => text.toWellFormed()),
);
const anyValue = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  anyText,
  fc.constantFrom(null, -1, 0, 1.5, 2 ** 53, -1e308, true, [], {}, [[[[[[]]]]]]),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);

/** Values that `schema` describes. */
function valueOf(given: Schema, document: ApiDocument, depth = 0): fc.Arbitrary<unknown> {
  const schema = document.resolve(given);
  if ("const" in schema) return fc.constant(schema.const);
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  if (schema.anyOf !== undefined)
    return fc.oneof(...schema.anyOf.map((each) => valueOf(each, document, depth)));
  switch (schema.type) {
    case "string":
      return textOf(schema);
    case "integer":
      return fc.oneof(
        fc.integer({ min: Math.max(schema.minimum ?? -5, -5), max: Math.min(schema.maximum ?? 9, 9) }),
        fc.maxSafeInteger().filter((n) => n >= (schema.minimum ?? n) && n <= (schema.maximum ?? n)),
      );
    case "number":
      return fc.double({
        min: schema.minimum ?? -1e9,
        max: schema.maximum ?? 1e9,
        noNaN: true,
      });
    case "boolean":
      return fc.boolean();
    case "null":
      return fc.constant(null);
    case "array":
      return fc.array(valueOf(schema.items ?? {}, document, depth + 1), {
        minLength: schema.minItems ?? 0,
        maxLength: Math.max(schema.minItems ?? 0, Math.min(schema.maxItems ?? 3, depth > MAX_DEPTH ? 0 : 3)),
      });
    case "object":
      return objectOf(schema, document, depth);
    default:
      return fc.jsonValue({ maxDepth: 2 });
  }
}

function textOf({ pattern, format, minLength = 0, maxLength = 30 }: Schema): fc.Arbitrary<string> {
  if (format === "date-time") return fc.date({ noInvalidDate: true }).map((date) => date.toISOString());
  if (pattern !== undefined) return fc.stringMatching(new RegExp(pattern));
  return fc
    .string({ unit: "grapheme", minLength, maxLength: Math.min(maxLength, 30) })
    .map((text) => text.toWellFormed());
}

function objectOf(schema: Schema, document: ApiDocument, depth: number): fc.Arbitrary<unknown> {
  const { properties, required = [], additionalProperties: rest } = schema;
  if (properties === undefined) {
    const value = typeof rest === "object" ? rest : {};
    return fc.dictionary(fc.string({ maxLength: 8 }), valueOf(value, document, depth + 1), { maxKeys: 3 });
  }
  const fields = Object.entries(properties).map(([name, field]) => {
    const value = valueOf(field, document, depth + 1);
    const isNeeded = required.includes(name) || (depth < MAX_DEPTH && name === "Tasks");
    return [name, isNeeded ? value : fc.option(value, { nil: undefined, freq: 2 })] as const;
  });
  return fc.record(Object.fromEntries(fields));
}

/** `value` with one thing in it, of all that are, made another or left out. */
function mutated(value: unknown, pick: number, by: unknown): unknown {
  const places = placesOf(value);
  const place = places[pick % places.length] ?? [];
  const [key, ...above] = place.toReversed();
  if (key === undefined) return by;
  const copy = structuredClone(value);
  let holder = copy as Record<string, unknown>;
  for (const each of above.toReversed()) holder = holder[each] as Record<string, unknown>;
  Object.defineProperty(holder, key, { value: by, enumerable: true, configurable: true, writable: true });
  return copy;
}

function placesOf(value: unknown, path: readonly string[] = []): readonly (readonly string[])[] {
  if (typeof value !== "object" || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([key, each]) => placesOf(each, [...path, key]))];
}

const TYPES = [
  "application/json",
  "application/json; charset=utf-16",
  "text/plain",
  "application/x-www-form-urlencoded",
  "multipart/form-data; boundary=x",
  "application/octet-stream",
  "nonsense",
  "",
];

interface Body {
  readonly type: string;
  readonly bytes: Uint8Array | undefined;
}

function goodBodyOf(
  { method, body }: ApiOperation,
  document: ApiDocument,
  sample: unknown,
): fc.Arbitrary<Body> {
  if (method === "GET" || body === undefined) return fc.constant({ type: "", bytes: undefined });
  return valuesWith(sample, valueOf(body.schema, document)).map((value) => {
    const text = body.type === "application/json" ? JSON.stringify(value) : String(value);
    return { type: body.type, bytes: Buffer.from(text) };
  });
}

function valuesWith(sample: unknown, others: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return sample === undefined ? others : fc.oneof(fc.constant(sample), others);
}

function bodyOf({ method, body }: ApiOperation, document: ApiDocument, sample: unknown): fc.Arbitrary<Body> {
  if (method === "GET") return fc.constant({ type: "", bytes: undefined });
  const valid = valuesWith(sample, valueOf(body?.schema ?? {}, document));
  const text = fc.oneof(
    { weight: 3, arbitrary: valid.map((value) => JSON.stringify(value)) },
    {
      weight: 4,
      arbitrary: fc
        .tuple(valid, fc.nat(), anyValue)
        .map(([value, pick, by]) => JSON.stringify(mutated(value, pick, by))),
    },
    valid.map((value) => JSON.stringify(value)?.toUpperCase()),
    fc.tuple(valid, fc.nat(200)).map(([value, length]) => JSON.stringify(value)?.slice(0, length)),
    anyValue.map((value) => JSON.stringify(value)),
    anyText,
    fc.constantFrom(
      "[".repeat(20_000),
      '{"Job":'.repeat(5_000),
      '{"Job":1e999}',
      '{"__proto__":{"Job":1}}',
      " ",
    ),
  );
  const bytes = fc.oneof(
    { weight: 9, arbitrary: text.map((each) => Buffer.from(each ?? "")) },
    fc.uint8Array({ maxLength: 64 }),
  );
  const type = fc.oneof({ weight: 4, arbitrary: fc.constant(TYPES[0] ?? "") }, fc.constantFrom(...TYPES));
  return fc.record({ type, bytes: fc.option(bytes, { freq: 12, nil: undefined }) });
}

/** What means something to the node. */
export interface KnownValues {
  /** By the name of the parameter. */
  readonly values: Readonly<Record<string, readonly string[]>>;
  /** Good bodies, by operation. */
  readonly bodies: Readonly<Record<string, unknown>>;
}

/** Requests for `operation`: half of them as its description has them, the others anything. */
export function requestsOf(
  operation: ApiOperation,
  document: ApiDocument,
  { values: known, bodies }: KnownValues,
): fc.Arbitrary<ApiRequest> {
  const sample = bodies[operation.name];
  return fc.boolean().chain((isGood) => {
    const values = (name: string, schema: Schema): fc.Arbitrary<string> => {
      const good = fc.oneof(
        valueOf(schema, document).map(String),
        ...(known[name] === undefined ? [] : [fc.constantFrom(...known[name])]),
      );
      return isGood ? good : fc.oneof(good, anyText, fc.constantFrom(...Object.values(known).flat()));
    };
    const parameters = operation.parameters.map(({ name, in: place, schema }) => {
      if (place === "path") return segmentOf(known[name] ?? [], isGood);
      const many = schema.type === "array";
      const value = values(name, many ? (schema.items ?? {}) : schema);
      const list = fc.array(value, { minLength: 1, maxLength: many || !isGood ? 2 : 1 });
      return fc.oneof({ weight: isGood ? 3 : 1, arbitrary: fc.constant([]) }, list);
    });
    return fc
      .record({
        values: fc.tuple(...parameters),
        strange: fc.option(fc.tuple(anyText, anyText), { freq: 4, nil: undefined }),
        upgrade: operation.answers.has(101) ? fc.boolean() : fc.constant(false),
        body: isGood ? goodBodyOf(operation, document, sample) : bodyOf(operation, document, sample),
      })
      .map((parts) => requestOf(operation, parts));
  });
}

function segmentOf(known: readonly string[], isGood: boolean): fc.Arbitrary<string[]> {
  const value = isGood ? fc.constantFrom(...known) : fc.oneof(fc.constantFrom(...known), anyText);
  return value.filter((text) => !OF_OTHERS.has(text)).map((text) => [text]);
}

/** What would make the path another route's. */
const OF_OTHERS = new Set(["", ".", "..", "self", "keys", "diff"]);

interface Parts {
  readonly values: readonly (readonly string[])[];
  readonly strange: readonly [string, string] | undefined;
  readonly upgrade: boolean;
  readonly body: Body;
}

function requestOf(
  { method, path, parameters }: ApiOperation,
  { values, strange, upgrade, body }: Parts,
): ApiRequest {
  const given = parameters.flatMap(({ name, in: place }, index) =>
    (values[index] ?? []).map((value) => ({ name, place, value })),
  );
  const pairs = given.filter(({ place }) => place === "query").map(({ name, value }) => [name, value]);
  const search = [...pairs, ...(strange === undefined ? [] : [strange])].map((pair) =>
    pair.map((each) => encodeURIComponent(each)).join("="),
  );
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name) =>
    encodeURIComponent(given.find((each) => each.place === "path" && each.name === name)?.value ?? "x"),
  );
  const headers = given
    .filter(({ place }) => place === "header")
    .map(({ name, value }) => [name, headerText(value)] as const);
  return {
    method,
    url: search.length === 0 ? filled : `${filled}?${search.join("&")}`,
    headers: {
      ...Object.fromEntries(headers),
      ...(body.type !== "" && body.bytes !== undefined && { "content-type": body.type }),
      ...(upgrade && UPGRADE),
    },
    body: body.bytes,
  };
}

/** What of `text` a header can carry. */
function headerText(text: string): string {
  return text.replaceAll(/[^\t\x20-\x7e\x80-\xff]/g, "?").slice(0, 500);
}

const UPGRADE = {
  connection: "Upgrade",
  upgrade: "websocket",
  "sec-websocket-version": "13",
  "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
};
