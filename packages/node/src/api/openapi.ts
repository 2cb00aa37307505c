import type { z } from "zod";
import { needOf, RIGHTS } from "./api-access.ts";
import { type Answer, type Operation, TAGS } from "./api-operation.ts";
import { API_OPERATIONS } from "./api-operations.ts";
import { codesOf } from "./operation-errors.ts";
import { ERROR_MEANINGS } from "./error-meanings.ts";
import { errorSchema } from "./error-schema.ts";
import { statusOf } from "./http-error.ts";
import { type JsonSchema, type SchemaComponents, schemaComponents } from "./openapi-schemas.ts";

/** Of the API, not of the program: it changes where clients must. */
const API_VERSION = "1.0.0";
const JSON_TYPE = "application/json";

const DESCRIPTION = `Submit jobs to a requester, see what becomes of them, fetch their results, and look after the node.

- Success is 200; every error has the envelope \`Error\`, whose \`Code\` programs branch on.
- Bodies are JSON, whatever \`Content-Type\` says. Keys of bodies may be in any letter case, unknown ones are ignored.
- Unknown parameters are ignored. An empty one is as good as none, but for flags: there it is \`true\`.
- Times of jobs are integers of nanoseconds since 1970, beyond 2^53.
- \`HEAD\` answers as \`GET\` without the body, but for streams; \`OPTIONS\` tells which methods a route has, and any other method is answered 405 with \`Allow\`.
- Routes of the orchestrator are there on requesters only.`;

/** The API as an OpenAPI document; it says the same on every node. */
export interface OpenApiDocument extends JsonSchema {
  readonly paths: Readonly<Record<string, Readonly<Record<string, JsonSchema>>>>;
}

/** Describes every operation in OpenAPI 3.1. */
export function openApiDocument(): OpenApiDocument {
  const schemas = schemaComponents();
  const paths: Record<string, Record<string, JsonSchema>> = {};
  for (const declared of API_OPERATIONS) {
    const item = (paths[pathOf(declared.url)] ??= {});
    declared.methods.forEach((method, index) => {
      item[method.toLowerCase()] = operationObject(declared, { method, index, schemas });
    });
  }
  schemas.add(errorSchema, "output");
  return {
    openapi: "3.1.1",
    info: {
      title: "Gadus node API",
      version: API_VERSION,
      description: DESCRIPTION,
      license: { name: "Apache License 2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "/", description: "The node that serves this document." }],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    paths,
    components: {
      schemas: schemas.all(),
      ...errorComponents(),
      headers: HEADERS,
      securitySchemes: {
        bearer: {
          type: "http",
          scheme: "bearer",
          description: `An API key, or the token that logging in gave. Who has a right, of ${RIGHTS.join(", ")}, has those before it.`,
        },
      },
    },
  };
}

/** A router's pattern as OpenAPI writes it. */
export function pathOf(url: string): string {
  return url.replaceAll(/:([^/]+)/g, "{$1}");
}

interface Context {
  readonly method: string;
  /** Which of the operation's methods. */
  readonly index: number;
  readonly schemas: SchemaComponents;
}

function operationObject(declared: Operation, { method, index, schemas }: Context): JsonSchema {
  const need = needOf(method, declared.url);
  const { operationId, tag, summary, description, speaks = {} } = declared;
  const right = need === "open" ? "Needs no right." : `Needs the right \`${need}\`.`;
  const same = index === 0 ? "" : ` The same as ${declared.methods[0]}.`;
  const parameters = parametersOf(declared, schemas);
  return {
    operationId: index === 0 ? operationId : `${operationId}By${method[0]}${method.slice(1).toLowerCase()}`,
    tags: [tag],
    summary,
    description: `${description}${same}\n\n${right}`,
    ...(parameters.length > 0 && { parameters }),
    ...bodyOf(declared, schemas),
    responses: responsesOf(declared, method, schemas),
    // Without a key, where the node lets anybody: that is for its operator to say.
    security: need === "open" ? [] : [{ bearer: [need] }, {}],
    ...Object.fromEntries(
      Object.entries(speaks).map(([name, schema]) => [name, schemas.add(schema, "output")]),
    ),
  };
}

function parametersOf({ params, querystring, headers }: Operation, schemas: SchemaComponents): JsonSchema[] {
  const places = [
    ["path", params],
    ["query", querystring],
    ["header", headers],
  ] as const;
  return places.flatMap(([place, object]) => {
    if (object === undefined) return [];
    const { properties, required = [] } = schemas.add(object, "input") as {
      readonly properties: Readonly<Record<string, JsonSchema>>;
      readonly required?: readonly string[];
    };
    return Object.entries(properties)
      .filter(([name]) => !(place === "header" && name === "accept"))
      .map(([name, { description, example, ...schema }]) => ({
        name,
        in: place,
        required: place === "path" || required.includes(name),
        ...(description !== undefined && { description }),
        ...(example !== undefined && { example }),
        schema,
      }));
  });
}

function bodyOf({ body, bodyExample, upload }: Operation, schemas: SchemaComponents): JsonSchema {
  if (upload !== undefined) {
    const schema = { type: "string", format: "binary" };
    return { requestBody: { required: false, content: { [upload]: { schema, example: bodyExample } } } };
  }
  if (body === undefined) return {};
  const required = !takesNothing(body);
  const own = schemas.add(body, "input");
  const schema = required ? own : { anyOf: [own, { type: "null" }] };
  return { requestBody: { required, content: { [JSON_TYPE]: { schema, example: bodyExample } } } };
}

function takesNothing(body: z.ZodType): boolean {
  try {
    return body.safeParse({}).success;
  } catch {
    return false;
  }
}

function responsesOf(declared: Operation, method: string, schemas: SchemaComponents): JsonSchema {
  const answers = Object.entries(declared.answers).map(([status, answer]) => [
    status,
    answerObject(answer, schemas),
  ]);
  const byStatus = Map.groupBy(codesOf(declared, method), statusOf);
  const errors = [...byStatus].map(([status, codes]) => [
    String(status),
    { $ref: `#/components/responses/${responseName(codes)}` },
  ]);
  return Object.fromEntries(
    [...answers, ...errors].toSorted(([a], [b]) => Number(a) - Number(b)),
  ) as JsonSchema;
}

function answerObject(
  { description, schema, mediaType = JSON_TYPE, example, headers = {} }: Answer,
  schemas: SchemaComponents,
): JsonSchema {
  const isText = mediaType.startsWith("text/");
  const body =
    schema === undefined
      ? { type: "string", ...(!isText && { format: "binary" }) }
      : schemas.add(schema, "output");
  const types = mediaType === "" ? [] : mediaType.split(", ");
  const content = types.map((type) => [type, { schema: body, ...(example !== undefined && { example }) }]);
  const own = Object.entries(headers).map(([name, meaning]) => [
    name,
    { description: meaning, schema: { type: "string" } },
  ]);
  return {
    description,
    headers: { ...REQUEST_ID, ...Object.fromEntries(own) },
    ...(content.length > 0 && { content: Object.fromEntries(content) as JsonSchema }),
  };
}

const REQUEST_ID = { "X-Request-ID": { $ref: "#/components/headers/X-Request-ID" } };
const HEADERS = {
  "X-Request-ID": {
    description: "The request, as the node's log names it.",
    schema: { type: "string", pattern: "^r-" },
  },
  "Retry-After": { description: "Seconds until it is worth asking again.", schema: { type: "integer" } },
  "WWW-Authenticate": { description: "How to say who asks (RFC 6750).", schema: { type: "string" } },
};

function errorObject(status: number, codes: readonly string[]): JsonSchema {
  const lines = codes.map((code) => `- \`${code}\`: ${ERROR_MEANINGS[code]}`);
  const examples = codes.map((code) => [
    exampleName(code),
    { $ref: `#/components/examples/${exampleName(code)}` },
  ]);
  const more =
    status === 401 ? ["WWW-Authenticate"] : status === 429 || status === 503 ? ["Retry-After"] : [];
  const headers = more.map((name) => [name, { $ref: `#/components/headers/${name}` }]);
  return {
    description: lines.join("\n"),
    headers: { ...REQUEST_ID, ...Object.fromEntries(headers) },
    content: {
      [JSON_TYPE]: {
        schema: { $ref: "#/components/schemas/Error" },
        examples: Object.fromEntries(examples) as JsonSchema,
      },
    },
  };
}

/** What the errors of operations refer to: each kind of answer once, and an example of each code. */
function errorComponents(): JsonSchema {
  const answered = API_OPERATIONS.flatMap((each) =>
    each.methods.flatMap((method) => [...Map.groupBy(codesOf(each, method), statusOf)]),
  );
  const responses = new Map(
    answered.map(([status, codes]) => [responseName(codes), errorObject(status, codes)]),
  );
  const codes = new Set(answered.flatMap(([, each]) => each));
  const examples = [...codes].map((code) => [exampleName(code), errorExample(code)] as const);
  return { responses: sorted([...responses]), examples: sorted(examples) };
}

function sorted(entries: readonly (readonly [string, JsonSchema])[]): JsonSchema {
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function responseName(codes: readonly string[]): string {
  return codes.map(exampleName).join("_");
}

function exampleName(code: string): string {
  return code.replace("/", ".");
}

function errorExample(code: string): JsonSchema {
  const meaning = ERROR_MEANINGS[code] ?? code;
  return {
    summary: code,
    value: {
      Status: statusOf(code),
      Message: `Cannot answer: ${meaning}`,
      RequestID: "r-3f0c8a52-6d1e-4d5a-8e0b-5b0a4c9d7e61",
      Code: code,
      Component: code.split("/")[0],
    },
  };
}
