import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { expect, test } from "vitest";
import { needOf } from "./api-access.ts";
import { API_OPERATIONS } from "./api-operations.ts";
import { ERROR_CODES } from "./http-error.ts";
import { ERROR_MEANINGS } from "./error-meanings.ts";
import { openApiDocument, pathOf } from "./openapi.ts";
import { startTestApi } from "./test-api.ts";

interface Content {
  readonly schema: object;
  readonly example?: unknown;
  readonly examples?: Readonly<Record<string, { readonly $ref: string }>>;
}

interface Response {
  readonly description: string;
  readonly content?: Readonly<Record<string, Content>>;
}

interface Described {
  readonly operationId: string;
  readonly summary: string;
  readonly description: string;
  readonly parameters?: readonly { readonly description?: string; readonly name: string }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, Content>> };
  readonly responses: Readonly<Record<string, Response & { readonly $ref?: string }>>;
  readonly security: readonly Readonly<Record<string, readonly string[]>>[];
}

const document = openApiDocument();
const components = document["components"] as {
  readonly examples: Readonly<Record<string, { readonly value: unknown }>>;
  readonly responses: Readonly<Record<string, Response>>;
};
const operations = Object.entries(document.paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, operation]) => ({
    name: `${method.toUpperCase()} ${path}`,
    operation: operation as unknown as Described,
  })),
);

function responsesOf({ responses }: Described): readonly Response[] {
  return Object.values(responses).map((each) => components.responses[nameOf(each.$ref)] ?? each);
}

function nameOf(ref = ""): string {
  return ref.split("/").at(-1) ?? "";
}

test("every route is in the OpenAPI document, and nothing else is", async () => {
  const api = await startTestApi();
  await api.server.app.ready();
  const routes = api.server.routes
    .all()
    .filter(({ method }) => method !== "HEAD")
    .map(({ method, url }) => `${method} ${pathOf(url)}`);
  await api.stop();
  expect(operations.map(({ name }) => name).toSorted()).toEqual([...new Set(routes)].toSorted());
  expect(operations).toHaveLength(API_OPERATIONS.flatMap(({ methods }) => methods).length);
});

test("every operation says what it is for, what each parameter means, and what right it needs", () => {
  for (const { name, operation } of operations) {
    const [method = "", path = ""] = name.split(" ");
    const need = needOf(method, path.replaceAll(/\{(\w+)\}/g, ":$1"));
    expect([name, operation.security]).toEqual([name, need === "open" ? [] : [{ bearer: [need] }, {}]]);
    expect(operation.summary).toMatch(/^[A-Z][a-z]+,? \w/);
    expect(operation.description).toContain(need === "open" ? "Needs no right." : `right \`${need}\``);
    for (const parameter of operation.parameters ?? [])
      expect(`${name} ${parameter.name}: ${parameter.description ?? ""}`).toMatch(/: .+/);
  }
  const ids = operations.map(({ operation }) => operation.operationId);
  expect(new Set(ids).size).toBe(ids.length);
});

test("every code that a request can end with has a meaning, and is told of where it can come", () => {
  expect(Object.keys(ERROR_MEANINGS).toSorted()).toEqual([...ERROR_CODES, "node/internal"].toSorted());
  const told = operations.flatMap(({ operation }) =>
    responsesOf(operation).flatMap(({ description }) =>
      [...description.matchAll(/^- `(.+?)`/gm)].map(([, code]) => code),
    ),
  );
  expect(ERROR_CODES.filter((code) => !told.includes(code))).toEqual([
    // Told in a stream, or of what is no operation.
    "requester/unknown-execution",
    "storage/invalid-source",
    "node/method-not-allowed",
    "node/store-closed",
  ]);
});

test("every example is what its schema says", () => {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats.default(ajv);
  ajv.addSchema({ $id: "document", ...document });
  let count = 0;
  for (const { name, operation } of operations) {
    const contents = [operation.requestBody, ...responsesOf(operation)].flatMap((each) =>
      Object.values(each?.content ?? {}),
    );
    for (const { schema, example, examples: named = {} } of contents) {
      const refs = Object.values(named).map(({ $ref }) => components.examples[nameOf($ref)]?.value);
      const resolved = JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"document#/')) as object;
      for (const value of [...(example === undefined ? [] : [example]), ...refs]) {
        count += 1;
        expect([name, ajv.validate(resolved, value), ajv.errors]).toEqual([name, true, null]);
      }
    }
  }
  expect(count).toBeGreaterThan(300);
});

test("the OpenAPI document is the same text each time", async () => {
  const api = await startTestApi();
  const answer = await api.server.app.inject({ url: "/openapi.json" });
  await api.stop();
  expect(answer.headers["content-type"]).toBe("application/json; charset=utf-8");
  expect(answer.payload).toBe(JSON.stringify(openApiDocument()));
});
