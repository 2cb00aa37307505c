import type { CallOptions } from "@gadus/protocol";
import { CliError } from "./cli-error.ts";

/** Which logs of a job, and how far. */
export interface LogQuery {
  readonly follow: boolean;
  readonly executionId?: string;
  /** Of what was printed so far, only the last lines of each execution. */
  readonly tail?: number;
}

/** A frame of the API's stream of logs. */
export interface ApiLogFrame {
  readonly value: { readonly Type: number; readonly Line: string };
  readonly error?: string;
  readonly origin?: { readonly ExecutionID: string; readonly NodeID: string };
}

const NORMAL = 1000;

/**
 * The frames of a job's logs as they come; ends as the API ends them.
 *
 * @throws {CliError} `cli/unreachable` where the connection breaks before
 * @throws the signal's reason, if `signal` aborts
 */
export async function* openLogSocket(
  apiUrl: string,
  jobId: string,
  { follow, executionId, tail }: LogQuery,
  { signal }: CallOptions,
): AsyncGenerator<ApiLogFrame, void, undefined> {
  signal?.throwIfAborted();
  const url = new URL(`${apiUrl}/api/v1/orchestrator/jobs/${encodeURIComponent(jobId)}/logs`);
  url.protocol = url.protocol.replace("http", "ws");
  const query = { origin: "true", follow: String(follow), execution_id: executionId, tail };
  for (const [key, value] of Object.entries(query))
    if (value !== undefined) url.searchParams.set(key, String(value));
  const frames: ApiLogFrame[] = [];
  let wake = (): void => {};
  let closed: { readonly code: number; readonly reason: string } | undefined;
  const socket = new WebSocket(url);
  socket.addEventListener("message", ({ data }) => {
    frames.push(JSON.parse(String(data)) as ApiLogFrame);
    wake();
  });
  socket.addEventListener("close", ({ code, reason }) => {
    closed = { code, reason };
    wake();
  });
  const abort = (): void => wake();
  signal?.addEventListener("abort", abort);
  try {
    for (;;) {
      signal?.throwIfAborted();
      const next = frames.shift();
      if (next !== undefined) yield next;
      else if (closed === undefined) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      } else if (closed.code === NORMAL) return;
      else throw broken(apiUrl, jobId, closed);
    }
  } finally {
    signal?.removeEventListener("abort", abort);
    socket.close();
  }
}

function broken(
  apiUrl: string,
  jobId: string,
  { code, reason }: { readonly code: number; readonly reason: string },
): CliError {
  const state = `${apiUrl} ended the connection${reason === "" ? "" : `, ${reason}`} (code ${code})`;
  return new CliError("cli/unreachable", `Cannot read the logs of job ${jobId} to their end: ${state}`, {
    hint: "Nothing is lost: run the command again.",
  });
}
