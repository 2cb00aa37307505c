import type { ApiErrorBody } from "./api-types.ts";
import { CliError, type CliErrorCode } from "./cli-error.ts";

const CODE_BY_STATUS: ReadonlyMap<number, CliErrorCode> = new Map([
  [400, "cli/usage"],
  [404, "cli/not-found"],
  [413, "cli/usage"],
  [415, "cli/usage"],
  [422, "cli/usage"],
  [429, "cli/unreachable"],
  [503, "cli/unreachable"],
  [504, "cli/not-found"],
]);

const MAX_QUOTED_CHARACTERS = 200;

/** The error that an answer other than 200 stands for: what the API said, with its field and hint. */
export function apiError(status: number, text: string, url: string): CliError {
  const body = parseBody(text);
  const code = CODE_BY_STATUS.get(status) ?? "cli/refused";
  const field = fieldOf(body);
  const hint = body.Hint || undefined;
  const quoted = text.trim().slice(0, MAX_QUOTED_CHARACTERS);
  const said =
    body.Message || `Cannot use ${url}: it answered ${status}${quoted === "" ? "" : ` (${quoted})`}`;
  const message = field === undefined || said.includes(field) ? said : `${said} (field ${field})`;
  return new CliError(code, message, {
    ...(field !== undefined && { field }),
    ...(hint !== undefined && { hint }),
  });
}

/** The error of an API that can't be reached at all. */
export function unreachableError(baseUrl: string, cause: unknown): CliError {
  const message = `Cannot reach ${baseUrl}: ${reasonOf(cause)}; is a requester running?`;
  const hint = 'Start one with "gadus serve --requester", or name another with --api or GADUS_API.';
  return new CliError("cli/unreachable", message, { cause, hint });
}

function parseBody(text: string): ApiErrorBody {
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === "object" && body !== null ? body : {};
  } catch {
    return {};
  }
}

function fieldOf(body: ApiErrorBody): string | undefined {
  const field = body.Details?.Field ?? body.Details?.field;
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
  const code = (inner as NodeJS.ErrnoException).code ?? "";
  return REASONS[code] ?? (inner.message || code);
}
