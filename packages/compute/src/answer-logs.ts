import type { LogFrame } from "@gadus/protocol";
import type { LogHandler } from "@gadus/transport";
import { ComputeError } from "./compute-error.ts";
import type { Context } from "./context.ts";
import { isExecutionId, keyOf, type LiveExecution } from "./execution-table.ts";

/** Lets each requester, and nobody else, read what its executions here print, now or before. */
export function makeLogHandler(context: Context): LogHandler {
  const { table, logs, options } = context;
  return async function* (from, { executionId, fromBytes, follow }, { signal }): AsyncGenerator<LogFrame> {
    const key = isExecutionId(executionId) ? keyOf(from, executionId) : "";
    const held = table.get(key);
    if (options.logs === "after-verdict" && held !== undefined) {
      if (!follow && !isJudged(held)) throw heldBack(executionId);
      while (!isJudged(held) && table.get(key) === held) await nextChange(held, signal);
    }
    const live = table.get(key);
    // Until it has proposed there may be more: its run goes on, waits for its turn, or is taken up again.
    const isExpected = live !== undefined && live.stored.execution.proposal === undefined;
    if (!isExpected && !logs.has(key)) throw noLogs(executionId);
    for await (const chunk of logs.read(key, { fromBytes, follow: follow && isExpected, signal })) {
      yield { type: "output", ...chunk };
    }
  };
}

function isJudged({ stored }: LiveExecution): boolean {
  return stored.execution.verdict !== undefined;
}

function nextChange(live: LiveExecution, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = (): void => {
      live.watchers.delete(done);
      signal.removeEventListener("abort", done);
      if (signal.aborted) reject(signal.reason as Error);
      else resolve();
    };
    live.watchers.add(done);
    signal.addEventListener("abort", done);
    if (signal.aborted) done();
  });
}

function noLogs(executionId: string): ComputeError {
  const state = "this node has none, or no longer";
  return new ComputeError("compute/no-logs", `Cannot read logs of execution "${executionId}": ${state}`);
}

function heldBack(executionId: string): ComputeError {
  const state = "the node's operator holds them back until the verdict";
  return new ComputeError("compute/logs-held", `Cannot read logs of execution "${executionId}": ${state}`);
}
