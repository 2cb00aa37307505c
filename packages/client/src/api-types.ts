/**
 * What the API takes and answers, as its OpenAPI document declares it; a node may answer with more. Times are
 * nanoseconds since 1970, rounded to what a `number` holds.
 *
 * @module
 */
import type { components, operations } from "./api-schema.ts";

type Schemas = components["schemas"];

/** What an operation answers that succeeds. */
export type AnswerOf<O extends keyof operations> = operations[O] extends {
  readonly responses: { readonly 200: { content: { readonly "application/json": infer Answer } } };
}
  ? Answer
  : never;

type Query<O extends keyof operations> = NonNullable<operations[O]["parameters"]["query"]>;

/** What an operation reads of a request's query: what is undefined is left out, and a flag is text there. */
export type QueryOf<O extends keyof operations> = {
  readonly [K in keyof Query<O>]: Query<O>[K] | (string extends Query<O>[K] ? boolean : never) | undefined;
};

/** What an operation reads of a request's body, which JSON leaves what is undefined out of. */
export type BodyOf<O extends keyof operations> = operations[O] extends {
  readonly requestBody?: { readonly content: { readonly "application/json": infer Body } };
}
  ? { readonly [K in keyof Body]: Body[K] | (Partial<Body> extends Pick<Body, K> ? undefined : never) }
  : never;

/** A job as a submitter writes it, for `satisfies`: the API takes keys in any letter case too. */
export type ApiJobDocument = Schemas["JobDocument"];

export type ApiJob = Schemas["Job"];

export type ApiExecution = Schemas["Execution"];

export type ApiHistoryItem = Schemas["HistoryItem"];

export type ApiNode = Schemas["NodeState"];

export type ApiResources = Schemas["Resources"];

/** Where a result is. */
export type ApiSpec = Schemas["Location"];

/** A page of a list; an empty `NextToken` ends it. */
export interface ApiPage<T> {
  readonly Items: readonly T[];
  readonly NextToken: string;
}

/** A job with what belongs to it. */
export type ApiJobView = AnswerOf<"describeJob">;

export type ApiSubmission = AnswerOf<"submitJob">;

/** What submitting a document would change: unified text, a line a value; empty where it changes nothing. */
export type ApiDiff = AnswerOf<"diffJob">;

/** A job that is run once more. */
export type ApiRerun = AnswerOf<"rerunJob">;

/** Where a job is placed, and why not elsewhere. */
export type ApiPlacement = AnswerOf<"explainPlacement">;

/** A way to log in. */
export type ApiAuthMethod = AnswerOf<"listMethods">["Methods"][string];

/** What came of logging in. */
export type ApiAuthentication = AnswerOf<"logIn">["Authentication"];

/** Who asks, as the API sees it. */
export type ApiCaller = AnswerOf<"readSelf">;

/** An API key without its text. */
export type ApiKey = Schemas["ApiKey"];

/** The error envelope. */
export type ApiErrorBody = Schemas["Error"];

/** What the node says of its version. */
export type ApiVersion = Schemas["Version"];
