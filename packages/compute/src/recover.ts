import type { Standing } from "./capacity.ts";
import { armDeadline, fail } from "./advance.ts";
import { type Context, failureOf } from "./context.ts";
import { retractEnded } from "./end-execution.ts";
import { type LiveExecution, makeLive, ownerOf } from "./execution-table.ts";
import { launchPublish } from "./publish-result.ts";
import type { ComputeStore } from "./store.ts";
import { ageOf, beginStartable } from "./work.ts";

/** Reads what was promised before, and takes it up again: what ran is run again, from an empty folder. */
export async function recover(context: Context, store: ComputeStore): Promise<void> {
  const { table } = context;
  // What a killed process wrote and didn't sync is read as stored, and is promised on from now on.
  await context.synced();
  const waiting: LiveExecution[] = [];
  for await (const stored of store.live()) {
    const live = makeLive(stored);
    table.add(live);
    claim(context, live);
    if (stored.acceptance !== undefined && stored.execution.proposal === undefined) waiting.push(live);
  }
  await rememberEnded(context, store);
  for (const { key, stored } of waiting) context.capacity.enqueue(key, ageOf(stored.execution));
  for (const live of table.all()) await resume(context, live);
  beginStartable(context);
}

/** Removes folders that belong to no live execution, and what is still published of those that ended otherwise. */
export async function removeOrphans(context: Context): Promise<void> {
  for await (const id of context.scratch.list()) {
    if (context.isStopping()) return;
    if (context.table.get(id) !== undefined || context.capacity.standingOf(id) !== undefined) continue;
    const { requester, executionId } = ownerOf(id);
    const stored = await context.store.get(requester, executionId);
    if (stored !== undefined) await retractEnded(context, id, stored);
    await context.scratch.remove(id);
  }
  for (const executor of context.executors.values()) {
    if (context.isStopping()) return;
    await executor.removeOrphans((key) => context.table.get(key) !== undefined);
  }
}

async function rememberEnded(context: Context, store: ComputeStore): Promise<void> {
  const { keepEndedMs, maxRecent, recentMs } = context.options;
  const nowMs = context.clock.nowMs();
  const ended = await store.ended({ sinceMs: nowMs - keepEndedMs, limit: maxRecent });
  for (const one of ended) {
    if (one.endedAtMs >= nowMs - recentMs) context.table.addRecent(one, nowMs - recentMs, maxRecent);
    if (one.state === "published") context.unconfirmed.add(one, nowMs);
  }
}

function claim(context: Context, live: LiveExecution): void {
  const { execution, ask } = live.stored;
  const { resources, priority } = ask.terms;
  const standing: Standing = execution.proposal === undefined ? "offered" : "held";
  context.capacity.add({ key: live.key, requester: execution.requester, resources, priority }, standing);
  if (execution.proposal !== undefined) context.capacity.hold(live.key, execution.proposal.sizeBytes);
}

async function resume(context: Context, live: LiveExecution): Promise<void> {
  const { state, runs, deadlineMs } = live.stored.execution;
  const isOver = context.clock.nowMs() >= deadlineMs;
  armDeadline(context, live);
  if (isOver) return;
  if (state === "verified") launchPublish(context, live);
  if (state === "running" && runs >= context.options.maxRuns) {
    const message = `Cannot run it again: it was begun ${runs} times, and this node died each time`;
    await fail(context, live, { code: "compute/restarted-too-often", message, blame: "nobody" }).catch(
      (error: unknown) => context.logger.error("cannot end an execution", { ...failureOf(error) }),
    );
  }
}
