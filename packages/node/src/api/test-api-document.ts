import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";

/** A JSON schema, as far as requests are made from it. */
export interface Schema {
  readonly $ref?: string;
  readonly anyOf?: readonly Schema[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly type?: string | readonly string[];
  readonly format?: string;
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema | boolean;
}

/** One operation of the document, with its responses resolved. */
export interface ApiOperation {
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly parameters: readonly {
    readonly name: string;
    readonly in: "path" | "query" | "header";
    readonly schema: Schema;
  }[];
  readonly body: { readonly type: string; readonly schema: Schema } | undefined;
  /** Media types by status. */
  readonly answers: ReadonlyMap<number, readonly string[]>;
}

/** An API's OpenAPI document, read by nothing of what wrote it. */
export interface ApiDocument {
  readonly operations: readonly ApiOperation[];
  resolve(schema: Schema): Schema;
  /** What is wrong with the body of an answer; undefined where it is what the document says. */
  problemOf(
    operation: ApiOperation,
    answer: { status: number; type: string; body: string },
  ): string | undefined;
}

interface Raw {
  readonly paths: Readonly<Record<string, Readonly<Record<string, RawOperation>>>>;
}

interface RawOperation {
  readonly operationId: string;
  readonly parameters?: ApiOperation["parameters"];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
  readonly responses: Readonly<Record<string, RawResponse>>;
}

interface RawResponse {
  readonly $ref?: string;
  readonly content?: Readonly<Record<string, unknown>>;
}

/** Reads a document that a node serves. */
export function readApiDocument(text: string): ApiDocument {
  const raw = JSON.parse(text) as Raw;
  const ajv = new Ajv2020({ strict: false });
  addFormats.default(ajv);
  ajv.addSchema({ $id: "document", ...raw });
  const validators = new Map<string, ValidateFunction>();
  const at = (pointer: string): unknown =>
    pointer
      .slice(2)
      .split("/")
      .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"))
      .reduce<unknown>((value, key) => (value as Record<string, unknown>)[key], raw);
  const responseOf = (response: RawResponse): RawResponse =>
    response.$ref === undefined ? response : (at(response.$ref) as RawResponse);

  function validator(pointer: string): ValidateFunction {
    const known = validators.get(pointer) ?? ajv.compile({ $ref: `document${encodeURI(pointer)}` });
    validators.set(pointer, known);
    return known;
  }

  const operations = Object.entries(raw.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]): ApiOperation => {
      const [type, content] = Object.entries(operation.requestBody?.content ?? {})[0] ?? [];
      return {
        name: operation.operationId,
        method: method.toUpperCase(),
        path,
        parameters: operation.parameters ?? [],
        body: type === undefined || content === undefined ? undefined : { type, schema: content.schema },
        answers: new Map(
          Object.entries(operation.responses).map(([status, response]) => [
            Number(status),
            Object.keys(responseOf(response).content ?? {}),
          ]),
        ),
      };
    }),
  );

  return {
    operations,
    resolve: (schema) => (schema.$ref === undefined ? schema : (at(schema.$ref) as Schema)),
    problemOf(operation, { status, type, body }) {
      const types = operation.answers.get(status);
      if (types === undefined) return `status ${status} is not documented`;
      const media = type.split(";")[0] ?? "";
      if (types.length === 0) return undefined;
      if (!types.includes(media)) return `content type "${type}" is not documented for ${status}`;
      if (media !== "application/json") return undefined;
      const { $ref } = raw.paths[operation.path]?.[operation.method.toLowerCase()]?.responses[status] ?? {};
      const own = `#/paths/${escape(operation.path)}/${operation.method.toLowerCase()}/responses/${status}`;
      const validate = validator(`${$ref ?? own}/content/application~1json/schema`);
      if (validate(JSON.parse(body))) return undefined;
      return `the body is not what its schema says: ${ajv.errorsText(validate.errors)}`;
    },
  };
}

function escape(part: string): string {
  return part.replaceAll("~", "~0").replaceAll("/", "~1");
}
