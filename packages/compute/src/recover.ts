import { isTerminal } from "@gadus/protocol";
import type { Standing } from "./capacity.ts";
import { armDeadline, fail } from "./advance.ts";
import { type Context, failureOf } from "./context.ts";
import { keyOf, type LiveExecution, makeLive } from "./execution-table.ts";
import { launchPublish } from "./publish-result.ts";
import type { StoredExecution } from "./records.ts";
import type { ComputeStore } from "./store.ts";
import { beginStartable } from "./work.ts";

/** Reads what was promised before, and takes it up again: what ran is run again, from an empty folder. */
export async function recover(context: Context, store: ComputeStore): Promise<void> {
  const { clock, options, table } = context;
  const nowMs = clock.nowMs();
  const waiting: LiveExecution[] = [];
  const ended: StoredExecution[] = [];
  for await (const stored of store.live(nowMs - options.recentMs)) {
    if (isTerminal(stored.execution.state)) ended.push(stored);
    else {
      const live = makeLive(stored);
      table.add(live);
      claim(context, live);
      if (stored.acceptance !== undefined && stored.execution.proposal === undefined) waiting.push(live);
    }
  }
  ended.sort((a, b) => (a.execution.endedAtMs ?? 0) - (b.execution.endedAtMs ?? 0));
  for (const stored of ended) remember(context, stored);
  waiting.sort((a, b) => ageOf(a) - ageOf(b));
  for (const live of waiting) context.capacity.enqueue(live.key);
  for (const live of table.all()) await resume(context, live);
  beginStartable(context);
}

/** Removes folders that belong to no live execution. */
export async function removeOrphans(context: Context): Promise<void> {
  for await (const id of context.scratch.list()) {
    if (context.isStopping()) return;
    if (context.table.get(id) === undefined && context.capacity.standingOf(id) === undefined) {
      await context.scratch.remove(id);
    }
  }
}

function remember(context: Context, { execution }: StoredExecution): void {
  const { requester, executionId, state, endedAtMs = 0 } = execution;
  const ended = { key: keyOf(requester, executionId), requester, executionId, state, endedAtMs };
  context.table.addRecent(ended, 0, context.options.maxRecent);
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
    const message = `Cannot run it again: it was begun ${runs} times, and this node was restarted each time`;
    await fail(context, live, { code: "compute/restarted-too-often", message, blame: "nobody" }).catch(
      (error: unknown) => context.logger.error("cannot end an execution", { ...failureOf(error) }),
    );
  }
}

function ageOf({ stored }: LiveExecution): number {
  return stored.execution.acceptedAtMs ?? stored.execution.createdAtMs;
}
