import { messageOf } from "@gadus/protocol";
import { ExecutorError } from "./executor-error.ts";

const GONE: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ENOENT",
  "EPIPE",
  "EACCES",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENOTFOUND",
  "ERR_STREAM_PREMATURE_CLOSE",
]);

/** Whether `error` says that the engine can't be reached, and nothing of what it was asked for. */
export function isEngineGone(error: unknown): boolean {
  if (!(error instanceof Error) || statusOf(error) !== undefined) return false;
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (code === "ENOENT" || code === "EACCES") return syscall === "connect";
  return (code !== undefined && GONE.has(code)) || /socket hang up|aborted$/.test(error.message);
}

/** The HTTP status of what an engine answered with an error; undefined where it answered nothing. */
export function statusOf(error: unknown): number | undefined {
  const answer = error instanceof ExecutorError ? error.cause : error;
  const status = (answer as { readonly statusCode?: unknown } | undefined)?.statusCode;
  return typeof status === "number" ? status : undefined;
}

/** An engine's own words in an error that it answered with. */
export function wordsOf(error: unknown): string {
  return messageOf(error)
    .replace(/^\(HTTP code \d+\) .*? - /, "")
    .trim()
    .slice(0, 1000);
}

export function engineDown(state: string, cause?: unknown): ExecutorError {
  return new ExecutorError("executor/engine-down", `Cannot run on the Docker Engine: ${state}`, { cause });
}

/** What the engine said to `action`, where that is nobody's fault but its machine's. */
export function engineFailed(action: string, error: unknown): ExecutorError {
  if (isEngineGone(error)) return engineDown(`it went away (${messageOf(error)})`, error);
  return new ExecutorError("executor/engine-failed", `Cannot ${action}: ${wordsOf(error)}`, {
    blame: "node",
    cause: error,
  });
}
