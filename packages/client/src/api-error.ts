import type { ApiErrorBody } from "./api-types.ts";
import { ClientError, type ClientErrorCode } from "./client-error.ts";

const CODE_BY_STATUS: ReadonlyMap<number, ClientErrorCode> = new Map([
  [400, "client/invalid-request"],
  [401, "client/unauthorized"],
  [403, "client/unauthorized"],
  [404, "client/not-found"],
  [410, "client/not-found"],
  [413, "client/invalid-request"],
  [415, "client/invalid-request"],
  [422, "client/invalid-request"],
  [429, "client/overloaded"],
  [503, "client/overloaded"],
  [504, "client/not-found"],
]);

const MAX_QUOTED_CHARACTERS = 200;

/** The error that an answer other than 200 stands for: what the API said, with its field and hint. */
export function apiError({ status, headers }: Response, text: string, url: string): ClientError {
  const body = parseBody(text);
  const code = CODE_BY_STATUS.get(status) ?? "client/refused";
  const field = fieldOf(body);
  const quoted = text.trim().slice(0, MAX_QUOTED_CHARACTERS);
  const said =
    body.Message || `Cannot use ${url}: it answered ${status}${quoted === "" ? "" : ` (${quoted})`}`;
  const message = field === undefined || said.includes(field) ? said : `${said} (field ${field})`;
  return new ClientError(code, message, {
    status,
    field,
    apiCode: body.Code || undefined,
    requestId: body.RequestID || (headers.get("x-request-id") ?? undefined),
    hint: body.Hint || undefined,
  });
}

/** The error of an API that can't be reached at all. */
export function unreachableError(baseUrl: string, cause: unknown): ClientError {
  const message = `Cannot reach ${baseUrl}: ${reasonOf(cause)}; is a requester running?`;
  const hint = 'Start one with "gadus serve --requester", or name the address of another.';
  return new ClientError("client/unreachable", message, { cause, hint });
}

/** What answers may be something before the API, such as a proxy: no field is sure to be there. */
function parseBody(text: string): Partial<ApiErrorBody> {
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === "object" && body !== null ? body : {};
  } catch {
    return {};
  }
}

function fieldOf(body: Partial<ApiErrorBody>): string | undefined {
  const field = body.Details?.Field;
  return typeof field === "string" && field !== "" ? field : undefined;
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens there",
  ENOTFOUND: "no such host",
  EAI_AGAIN: "no such host",
  ECONNRESET: "the connection was cut",
  UND_ERR_SOCKET: "the connection was cut",
};

function reasonOf(cause: unknown): string {
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  if (!(inner instanceof Error)) return String(inner);
  const { code = "" } = inner as { readonly code?: string };
  return REASONS[code] ?? (inner.message || code);
}
