import type { FastifyTypeProvider } from "fastify";
import type { z } from "zod";
import { errorSchema } from "./error-schema.ts";

/** What operations are grouped by, each with what its group is about. */
export const TAGS = {
  jobs: "Submitting, listing, describing and stopping jobs.",
  results: "What a job printed and made.",
  events: "What happens, as it happens.",
  nodes: "The nodes that this requester knows of.",
  content: "Files by their CID.",
  agent: "The node itself.",
  auth: "Who may do what.",
  reference: "The API's description of itself.",
} as const;

/** One kind of answer that is no error. */
export interface Answer {
  readonly description: string;
  /** What its body is, in JSON; absent for one that isn't JSON. */
  readonly schema?: z.ZodType;
  /** Several with ", " between. @default "application/json" */
  readonly mediaType?: string;
  readonly example?: unknown;
  /** Headers that say something, with what they say. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** A route of the API: what it takes, what it answers, and what it is for. */
export interface Operation {
  /** Unique; that of the first method, where there are several. */
  readonly operationId: string;
  readonly methods: readonly ("GET" | "PUT" | "POST" | "DELETE")[];
  /** As the router knows it, such as `/api/v1/orchestrator/jobs/:id`. */
  readonly url: string;
  readonly tag: keyof typeof TAGS;
  readonly summary: string;
  readonly description: string;
  readonly params?: z.ZodObject;
  readonly querystring?: z.ZodObject;
  readonly headers?: z.ZodObject;
  readonly body?: z.ZodType;
  readonly bodyExample?: unknown;
  /** What a body that isn't JSON is. */
  readonly upload?: string;
  readonly answers: Readonly<Record<number, Answer>>;
  /** Codes of errors that are this route's own; those of every route go without saying. */
  readonly errors: readonly string[];
  /** Other shapes that it speaks of, by the name of an extension of OpenAPI. */
  readonly speaks?: Readonly<Record<`x-${string}`, z.ZodType>>;
}

/** Declares an operation. */
export function operation<const T extends Operation>(declared: T): T {
  return declared;
}

/** What a request's parts are, by the schemas of its route. */
export interface SchemaTypes extends FastifyTypeProvider {
  validator: this["schema"] extends z.ZodType ? z.output<this["schema"]> : unknown;
  serializer: unknown;
}

interface RouteSchema<T extends Operation> {
  readonly params: T["params"];
  readonly querystring: T["querystring"];
  readonly headers: T["headers"];
  readonly body: T["body"];
  readonly response: Readonly<Record<string, z.ZodType>>;
}

/** The options of the route that `operation` is, for a server that reads requests by schemas ({@link SchemaTypes}). */
export function route<T extends Operation>(declared: T): { readonly schema: RouteSchema<T> } {
  const { params, querystring, headers, body, answers } = declared;
  const response = Object.entries(answers).flatMap(([status, { schema }]) =>
    schema === undefined ? [] : [[status, schema] as const],
  );
  const parts = Object.entries({ params, querystring, headers, body }).filter(
    ([, schema]) => schema !== undefined,
  );
  const schema = {
    ...Object.fromEntries(parts),
    response: { ...Object.fromEntries(response), "4xx": errorSchema, "5xx": errorSchema },
  };
  return { schema: schema as unknown as RouteSchema<T> };
}
