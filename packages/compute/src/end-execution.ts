import { ComputeError } from "./compute-error.ts";
import { type Context, failureOf, retryLater } from "./context.ts";
import type { LiveExecution } from "./execution-table.ts";
import type { StoredExecution } from "./records.ts";

/** How often what an execution leaves is tried to be removed; after that the next start does it. */
const MAX_CLEANUPS = 60;

/**
 * Lets go of all that an execution held, once its end is durable.
 *
 * What runs is aborted, and its resources are free when nothing of it runs any more. Files are removed off the path.
 */
export function endExecution(context: Context, live: LiveExecution): void {
  const { clock, options, table, metrics } = context;
  const { requester, executionId, state, endedAtMs } = live.stored.execution;
  const nowMs = clock.nowMs();
  const ended = { requester, executionId, state, endedAtMs: endedAtMs ?? nowMs };
  live.timer?.cancel();
  table.remove(live);
  table.addRecent(ended, nowMs - options.recentMs, options.maxRecent);
  if (state === "published") context.unconfirmed.add(ended, nowMs);
  metrics.ended.add(1, { state });
  const reason = `Cannot go on with execution "${executionId}": it is ${state}`;
  live.work?.controller.abort(new ComputeError("compute/already-ended", reason));
  context.logs.end(live.key);
  context.background("clean up", cleanUp(context, live));
}

async function cleanUp(context: Context, live: LiveExecution): Promise<void> {
  if (live.work !== undefined) await live.work.done;
  context.capacity.release(live.key);
  context.freed();
  if (live.stored.acceptance !== undefined) await removeTraces(context, live);
}

/** The folder goes last: as long as it is there, the next start does again what couldn't be done. */
async function removeTraces(context: Context, live: LiveExecution, attempt = 1): Promise<void> {
  try {
    await retractEnded(context, live.key, live.stored);
    await live.scratch?.close();
    // Should a power loss take the end back, it is from these files that the result is published again.
    if (live.stored.execution.state === "published") await context.synced();
    await context.scratch.remove(live.key);
  } catch (error) {
    if (attempt >= MAX_CLEANUPS || context.isStopping()) throw error;
    context.logger.warn("cannot remove what an execution left: it is tried again", {
      execution: live.key,
      ...failureOf(error),
    });
    retryLater(context, () => context.background("clean up", removeTraces(context, live, attempt + 1)));
  }
}

/** Takes back what may have been published of an execution that has ended otherwise. */
export async function retractEnded(
  context: Context,
  key: string,
  { execution, ask }: StoredExecution,
): Promise<void> {
  const mayBePublished = execution.verdict !== undefined && execution.state !== "refuted";
  if (!mayBePublished || execution.state === "published") return;
  await context.publishers.get(ask.terms.publisher)?.retract(key);
}
