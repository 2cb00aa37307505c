import { advance, deadlineIn, fail, note } from "./advance.ts";
import { type Context, failureOf, retryLater } from "./context.ts";
import type { LiveExecution } from "./execution-table.ts";
import type { ExecutionRecord } from "./records.ts";
import { ComputeError } from "./compute-error.ts";
import {
  type AcceptedExecution,
  closeInputs,
  type Prepared,
  prepareRun,
  type RunOutcome,
  runExecution,
  timedOut,
} from "./run-execution.ts";

/** Begins what the queue lets run now. */
export function beginStartable(context: Context): void {
  beginAll(context, context.capacity.takeStartable());
}

/** Begins executions that capacity was given to. */
export function beginAll(context: Context, keys: readonly string[]): void {
  for (const key of keys) {
    const live = context.table.get(key);
    if (live === undefined) context.capacity.release(key);
    else
      context.background(
        "begin",
        context.serial.run(key, () => begin(context, live)),
      );
  }
}

/** A run whose inputs are being presented, and how to stop that. */
export interface Preparation {
  readonly controller: AbortController;
  readonly prepared: Promise<Prepared>;
}

/** Starts to present the inputs of `accepted` once `blocks` are here. */
export function prepareBegin(
  context: Context,
  accepted: AcceptedExecution,
  blocks: Promise<void> = Promise.resolve(),
): Preparation {
  const controller = new AbortController();
  const { signal } = controller;
  const prepared = blocks.then(() => prepareRun(context, accepted, { signal }));
  prepared.catch(() => {});
  return { controller, prepared };
}

/** Takes back what was prepared for a run that doesn't begin now. */
export async function dropPreparation(
  context: Context,
  { key }: LiveExecution,
  { controller, prepared }: Preparation,
  reason: unknown,
): Promise<void> {
  controller.abort(reason);
  await closeInputs(await prepared.then(({ inputs }) => inputs).catch(() => []));
  await context.scratch.remove(key).catch((error: unknown) => {
    context.logger.warn("cannot remove a folder", { execution: key, ...failureOf(error) });
  });
}

/**
 * Runs an execution whose `running` is durable; what comes of it is taken up in its serial queue.
 *
 * On a node that is being stopped it doesn't begin: it is taken up again at the next start.
 */
export async function launchRun(
  context: Context,
  live: LiveExecution,
  preparation: Preparation,
): Promise<void> {
  live.isRunCounted = true;
  if (context.isStopping()) {
    const reason = new ComputeError("compute/stopping", "Cannot begin a run: this node is being stopped");
    return dropPreparation(context, live, preparation, reason);
  }
  launch(context, live, preparation);
}

function launch(context: Context, live: LiveExecution, preparation: Preparation): void {
  const accepted = acceptedOf(live);
  const { controller, prepared } = preparation;
  const { options, clock, metrics, capacity } = context;
  const wantedMs = accepted.ask.terms.executionTimeoutMs || options.maxExecutionTimeoutMs;
  const timeoutMs = Math.min(wantedMs, options.maxHoldMs);
  const timer = clock.setTimer(timeoutMs, () => controller.abort(timedOut(timeoutMs)));
  const startedAtMs = clock.nowMs();
  const freed = (): void => {
    timer.cancel();
    capacity.hold(live.key, accepted.ask.terms.resources.diskBytes);
    context.freed();
  };
  const keepFolder = ({ results }: Prepared): void => {
    live.scratch = results;
  };
  prepared.then(keepFolder, () => {});
  const run = async (): Promise<void> => {
    const outcome = await runExecution(context, accepted, prepared, freed, controller.signal);
    timer.cancel();
    const seconds = (clock.nowMs() - startedAtMs) / 1000;
    metrics.runSeconds.observe(seconds, { engine: accepted.ask.terms.engine });
    await context.serial.run(live.key, () => finishRun(context, live, outcome));
  };
  const done = run();
  live.work = { controller, done };
  context.background("run", done);
}

async function begin(context: Context, live: LiveExecution): Promise<void> {
  const { execution, acceptance } = live.stored;
  if (context.table.get(live.key) !== live || live.work !== undefined || acceptance === undefined) return;
  if (context.isStopping()) return;
  const preparation = prepareBegin(context, { ...live.stored, acceptance });
  try {
    const runs = execution.runs + 1;
    if (execution.state === "running") await note(context, live, { runs }, "Execution", "Started again");
    else {
      const { executionId } = execution;
      await advance(
        context,
        live,
        [{ event: "start", by: "compute", change: { runs } }],
        [{ type: "start", executionId }],
      );
    }
  } catch (error) {
    await dropPreparation(context, live, preparation, error);
    context.capacity.enqueue(live.key, ageOf(execution));
    retryLater(context, () => beginStartable(context));
    throw error;
  }
  await launchRun(context, live, preparation);
}

async function finishRun(context: Context, live: LiveExecution, outcome: RunOutcome): Promise<void> {
  live.work = undefined;
  const { executionId, state } = live.stored.execution;
  const isHere = context.table.get(live.key) === live && state === "running";
  if (!isHere || outcome.kind === "stopped" || context.isStopping()) return;
  try {
    if (outcome.kind === "failed") {
      await fail(context, live, outcome.failure);
      return;
    }
    const { proposal, sealed } = outcome;
    context.capacity.hold(live.key, proposal.sizeBytes);
    const deadlineMs = deadlineIn(context, context.options.proposalLeaseMs);
    const change = { proposal, sealed, deadlineMs };
    await advance(
      context,
      live,
      [{ event: "propose", by: "compute", change }],
      [{ type: "propose", executionId, sealed }],
    );
  } catch (error) {
    context.logger.error("cannot write down how a run ended", { execution: live.key, ...failureOf(error) });
    retryLater(context, () => {
      context.background(
        "finish",
        context.serial.run(live.key, () => finishRun(context, live, outcome)),
      );
    });
  }
}

/** Since when an execution waits for its turn: its age in the queue, the same after a restart. */
export function ageOf({ acceptedAtMs, createdAtMs }: ExecutionRecord): number {
  return acceptedAtMs ?? createdAtMs;
}

/** `live` with the acceptance that it must have. */
export function acceptedOf({ key, stored }: LiveExecution): AcceptedExecution {
  const { acceptance } = stored;
  if (acceptance !== undefined) return { ...stored, acceptance };
  throw new ComputeError("compute/invalid-acceptance", `Cannot run ${key}: it was never accepted`);
}
