import { CliError } from "./cli-error.ts";

const ANSWER_TIMEOUT_MS = 30_000;

/** Where to ask, and as whom. */
export interface AuthPlace {
  readonly url: string;
  readonly token?: string | undefined;
  readonly signal: AbortSignal;
}

interface AuthRequest {
  readonly method?: "GET" | "PUT" | "POST" | "DELETE";
  readonly json?: unknown;
}

/**
 * The answer of one of the API's routes under `/auth`.
 *
 * @throws {CliError} `cli/unreachable`, `cli/refused` with what the API said
 */
export async function askAuth<T>(
  { url, token, signal }: AuthPlace,
  path: string,
  { method = "GET", json }: AuthRequest = {},
): Promise<T> {
  const response = await fetch(`${url}/api/v1/auth${path}`, {
    method,
    redirect: "error",
    signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_TIMEOUT_MS)]),
    headers: {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(json !== undefined && { "content-type": "application/json" }),
    },
    ...(json !== undefined && { body: JSON.stringify(json) }),
  }).catch((cause: unknown) => {
    signal.throwIfAborted();
    const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
    const state = inner instanceof Error ? inner.message : String(inner);
    const hint = "Name another with --api; for a certificate of its own, set GADUS_API_CA to a copy of it.";
    throw new CliError("cli/unreachable", `Cannot reach ${url}: ${state}`, { cause, hint });
  });
  const text = await response.text();
  const body = parse(text) as { readonly Message?: string; readonly Hint?: string } | undefined;
  if (response.status === 200 && body !== undefined) return body as T;
  const message = body?.Message ?? `Cannot use ${url}: it answered ${response.status}, and is no Gadus API`;
  const code = response.status === 404 ? "cli/not-found" : "cli/refused";
  throw new CliError(code, message, body?.Hint === undefined ? {} : { hint: body.Hint });
}

function parse(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
