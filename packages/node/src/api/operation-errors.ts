import { needOf } from "./api-access.ts";
import type { Operation } from "./api-operation.ts";

/** Every code that a request for `operation` can end with: its own, and those that come with what it takes. */
export function codesOf(declared: Operation, method: string): readonly string[] {
  const { url, params, querystring, headers, body, errors } = declared;
  const hasBody = method !== "GET";
  const hasInput = [params, querystring, headers, body].some((part) => part !== undefined);
  return [
    ...new Set([
      ...(hasInput || hasBody ? ["node/invalid-request"] : []),
      ...(needOf(method, url) === "open"
        ? []
        : ["node/unauthenticated", "node/forbidden", "node/foreign-site"]),
      ...(url.startsWith("/api/v1/orchestrator/") ? ["node/unknown-route"] : []),
      ...(params === undefined ? [] : ["node/url-too-long"]),
      ...errors,
      ...(hasBody ? ["node/too-slow", "node/body-too-large", "node/unsupported-media-type"] : []),
      ...OF_EVERY_ROUTE,
    ]),
  ];
}

const OF_EVERY_ROUTE = [
  "node/headers-too-large",
  "node/unmet-expectation",
  "node/overloaded",
  "node/internal",
  "node/stopped",
];
