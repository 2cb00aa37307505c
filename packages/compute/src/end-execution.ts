import { ComputeError } from "./compute-error.ts";
import type { Context } from "./context.ts";
import type { LiveExecution } from "./execution-table.ts";

/**
 * Lets go of all that an execution held, once its end is durable.
 *
 * What runs is aborted, and its resources are free when nothing of it runs any more. Files are removed off the path.
 */
export function endExecution(context: Context, live: LiveExecution): void {
  const { clock, options, table, metrics } = context;
  const { requester, executionId, state, endedAtMs } = live.stored.execution;
  const nowMs = clock.nowMs();
  live.timer?.cancel();
  table.remove(live);
  table.addRecent(
    { key: live.key, requester, executionId, state, endedAtMs: endedAtMs ?? nowMs },
    nowMs - options.recentMs,
    options.maxRecent,
  );
  metrics.ended.add(1, { state });
  const reason = `Cannot go on with execution "${executionId}": it is ${state}`;
  live.work?.controller.abort(new ComputeError("compute/already-ended", reason));
  context.background("clean up", cleanUp(context, live));
}

async function cleanUp(context: Context, live: LiveExecution): Promise<void> {
  const { execution, ask, acceptance } = live.stored;
  if (live.work !== undefined) await live.work.done;
  context.capacity.release(live.key);
  context.freed();
  if (acceptance === undefined) return;
  const mayBePublished = execution.verdict !== undefined && execution.state !== "refuted";
  if (mayBePublished && execution.state !== "published") {
    await context.publishers.get(ask.terms.publisher)?.retract(live.key);
  }
  await live.scratch?.close();
  // Should a power loss take the end back, it is from these files that the result is published again.
  if (execution.state === "published") await context.synced();
  await context.scratch.remove(live.key);
}
