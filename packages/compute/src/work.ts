import { ComputeError } from "./compute-error.ts";
import { advance, deadlineIn, fail, note } from "./advance.ts";
import { type Context, failureOf, retryLater } from "./context.ts";
import type { LiveExecution } from "./execution-table.ts";
import {
  type AcceptedExecution,
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

/** Runs an execution whose `running` is durable; what comes of it is taken up in its serial queue. */
export function launchRun(context: Context, live: LiveExecution, preparation: Preparation): void {
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
    preparation.controller.abort(error);
    context.capacity.enqueue(live.key);
    retryLater(context, () => beginStartable(context));
    throw error;
  }
  launchRun(context, live, preparation);
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

/** `live` with the acceptance that it must have. */
export function acceptedOf({ key, stored }: LiveExecution): AcceptedExecution {
  const { acceptance } = stored;
  if (acceptance !== undefined) return { ...stored, acceptance };
  throw new ComputeError("compute/invalid-acceptance", `Cannot run ${key}: it was never accepted`);
}
