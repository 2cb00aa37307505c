import { isCodedError } from "@gadus/protocol";
import type { Json } from "./api-shapes.ts";

/** The HTTP status of each code that a request can end with; any other is a fault of ours: 500. */
const STATUS_BY_CODE: Readonly<Record<string, number>> = {
  "protocol/invalid-document": 400,
  "requester/unknown-job": 404,
  "requester/unknown-execution": 404,
  "requester/unknown-version": 404,
  "requester/unchanged": 409,
  "requester/ambiguous-id": 400,
  "requester/invalid-token": 400,
  "requester/not-runnable": 400,
  "requester/overloaded": 429,
  "requester/stopped": 503,
  "requester/forgotten-events": 410,
  "storage/not-found": 404,
  "storage/not-allowed": 403,
  "storage/invalid-source": 400,
  "storage/invalid-block": 502,
  "storage/full": 507,
  "node/unknown-route": 404,
  "node/unknown-node": 404,
  "node/no-results": 404,
  "node/unauthenticated": 401,
  "node/forbidden": 403,
  "node/foreign-site": 403,
  "node/unknown-key": 404,
  "node/too-many-keys": 429,
  "node/method-not-allowed": 405,
  "node/upgrade-required": 426,
  "node/body-too-large": 413,
  "node/url-too-long": 414,
  "node/unmet-expectation": 417,
  "node/headers-too-large": 431,
  "node/unsupported-media-type": 415,
  "node/invalid-request": 400,
  "node/too-slow": 408,
  "node/not-retrievable": 504,
  "node/overloaded": 429,
  "node/stopped": 503,
  "node/store-full": 507,
  "node/store-closed": 503,
};

/** The HTTP status of what ends with `code`. */
export function statusOf(code: string): number {
  return STATUS_BY_CODE[code] ?? 500;
}

/** Every code that has a status of its own. */
export const ERROR_CODES: readonly string[] = Object.keys(STATUS_BY_CODE);

/** An answer that isn't 200: its status and the envelope that every error has. */
export interface ErrorAnswer {
  readonly status: number;
  readonly body: Json;
}

/** The one mapping from what was thrown to what a client is told; nothing of an uncoded error gets out. */
export function errorAnswer(error: unknown, requestId: string): ErrorAnswer {
  if (!isCodedError(error)) {
    const body = { Status: 500, Message: "Cannot answer: internal error", RequestID: requestId };
    return {
      status: 500,
      body: {
        ...body,
        Code: "node/internal",
        Component: "node",
        Hint: "The node's log has the cause, by RequestID.",
      },
    };
  }
  const status = statusOf(error.code);
  return {
    status,
    body: {
      Status: status,
      Message: error.message,
      RequestID: requestId,
      Code: error.code,
      Component: error.code.split("/")[0] ?? "node",
      ...(error.hint !== undefined && { Hint: error.hint }),
      ...(error.field !== undefined && { Details: { Field: error.field } }),
    },
  };
}
