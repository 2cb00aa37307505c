import type { Context } from "./context.ts";
import type { ComputeStore } from "./store.ts";

/** Rows that one purge removes at a time, and how often it does. */
const PURGE_ROWS = 1000;
const MAX_PURGE_ROUNDS = 50;

/** Forgets executions that ended long ago, and the oldest of too many; and what they printed. */
export async function purgeEnded(context: Context, store: ComputeStore): Promise<void> {
  const { keepEndedMs, maxEnded, keepLogsMs, maxLogBytes } = context.options;
  const nowMs = context.clock.nowMs();
  await context.logs.purge({ beforeMs: nowMs - keepLogsMs, maxBytes: maxLogBytes, maxJournals: maxEnded });
  const beforeMs = nowMs - keepEndedMs;
  for (let round = 0; round < MAX_PURGE_ROUNDS && !context.isStopping(); round += 1) {
    const removed = await store.removeEnded({ beforeMs, keep: maxEnded, limit: PURGE_ROWS });
    if (removed < PURGE_ROWS) return;
  }
}
