import { afterAll, beforeAll, expect, test } from "vitest";
import { openApiDocument } from "./openapi.ts";
import { type Answer, startTestApi, type TestApi } from "./test-api.ts";

const METHODS = ["GET", "PUT", "POST", "DELETE", "PATCH"] as const;

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.stop());

const missing = Object.entries(openApiDocument().paths ?? {}).flatMap(([pattern, operations]) => {
  const own = Object.keys(operations ?? {}).map((method) => method.toUpperCase());
  const path = pattern.replaceAll(/\{[^}]+\}/g, "x");
  return METHODS.filter((method) => !own.includes(method)).map((method) => ({ method, path, own }));
});

test.each(missing)("$method $path is answered 405, with the methods that it has", async (each) => {
  const { method, path, own } = each;
  const { statusCode, headers, body } = await api.server.app.inject({ method, url: path });
  expect(statusCode).toBe(405);
  expect((JSON.parse(body) as Answer).Code).toBe("node/method-not-allowed");
  const allowed = String(headers.allow).split(", ");
  expect(allowed.filter((other) => other !== "HEAD").toSorted()).toEqual(own.toSorted());
});

test("a path that is written another way is the same path", async () => {
  const { statusCode, headers } = await api.server.app.inject({
    method: "POST",
    url: "/api/v1/auth/s%65lf?a",
  });
  expect([statusCode, headers.allow]).toEqual([405, "GET, HEAD, DELETE"]);
});

test("OPTIONS tells of the path's own methods, not of a pattern's that it would match too", async () => {
  const url = "/api/v1/orchestrator/jobs/diff";
  const { statusCode, headers } = await api.server.app.inject({ method: "OPTIONS", url });
  expect([statusCode, headers.allow]).toEqual([204, "PUT, OPTIONS"]);
});
