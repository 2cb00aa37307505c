import type { Clock, ComputeOffer } from "@gadus/protocol";
import type { Transport } from "@gadus/transport";
import { note } from "./advance.ts";
import { ComputeError } from "./compute-error.ts";
import type { Context } from "./context.ts";
import type { ComputeDependencies } from "./dependencies.ts";
import { type ComputeDescription, describeCompute, makeOffer } from "./describe.ts";
import { makeLogHandler } from "./answer-logs.ts";
import { makeIntake } from "./intake.ts";
import { type Anatomy, makeContext } from "./make-context.ts";
import { purgeEnded } from "./purge.ts";
import { recover, removeOrphans } from "./recover.ts";
import { Schedule } from "./schedule.ts";
import type { ComputeStore } from "./store.ts";
import { sendSync } from "./sync.ts";
import { withDeadline } from "./with-deadline.ts";

/** Bids for executions by its operator's rules, and performs them. */
export interface Compute {
  /**
   * Reads the store, takes up what was promised, and listens. Starting it again does nothing; one that was stopped
   * isn't started again.
   *
   * @throws {ComputeError} `compute/stopping`
   */
  start(): Promise<void>;
  /**
   * Takes no more asks, ends what runs, and settles once that is over, or has taken too long.
   *
   * Executions stay as they are in the store, to be taken up again.
   */
  stop(): Promise<void>;
  /** What this node can do now, for its announcement. */
  offer(): ComputeOffer;
  /** Calls `listener` soon after the offer changed; answers a function that ends that. */
  onOfferChanged(listener: () => void): () => void;
  describe(): ComputeDescription;
}

/** A compute node, not started yet. */
export function createCompute(dependencies: ComputeDependencies): Compute {
  const { transport, store, clock } = dependencies;
  const listeners = new Set<() => void>();
  const schedule = new Schedule(clock);
  let started: Promise<void> | undefined;
  let stopped: Promise<void> | undefined;
  let unsubscribe = (): void => {};

  const anatomy = makeContext(dependencies, {
    isStopping: () => stopped !== undefined,
    changed() {
      if (listeners.size > 0) schedule.once("offer", context.options.offerDelayMs, tellListeners);
    },
  });
  const { context } = anatomy;

  function tellListeners(): void {
    for (const listener of listeners) listener();
  }

  async function begin(): Promise<void> {
    await recover(context, store);
    if (context.isStopping()) return;
    unsubscribe = listen(context, transport);
    context.background("sync", syncAll(context, transport));
    context.background("remove orphans", removeOrphans(context));
    keepHouse(context, schedule, transport, store);
  }

  async function end(): Promise<void> {
    await started?.catch(() => {});
    unsubscribe();
    schedule.end();
    await endWork(anatomy, clock);
  }

  return {
    async start() {
      if (stopped !== undefined) {
        throw new ComputeError("compute/stopping", "Cannot start the node: it was stopped");
      }
      started ??= begin();
      await started;
    },
    async stop() {
      stopped ??= Promise.resolve().then(end);
      await stopped;
    },
    offer: () => makeOffer(context),
    onOfferChanged(listener) {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
    describe: () => describeCompute(context),
  };
}

function listen(context: Context, transport: Transport): () => void {
  const stopServing = transport.serveLogs(makeLogHandler(context));
  const stopListening = transport.on({
    message: makeIntake(context),
    connected({ nodeId }) {
      context.background("sync", sendSync(context, nodeId));
    },
  });
  return () => {
    stopServing();
    stopListening();
  };
}

/** What is done now and then, off every path. */
function keepHouse(context: Context, schedule: Schedule, transport: Transport, store: ComputeStore): void {
  const { syncIntervalMs, purgeIntervalMs } = context.options;
  const sync = (): Promise<void> => syncAll(context, transport);
  const purge = (): Promise<void> => purgeEnded(context, store);
  schedule.every("sync", syncIntervalMs, sync, (work) => context.background("sync", work));
  schedule.every("purge", purgeIntervalMs, purge, (work) => context.background("purge", work));
}

/** Tells each requester that is here, this node itself included, what is done for it. */
async function syncAll(context: Context, transport: Transport): Promise<void> {
  const here = new Set([context.identity.nodeId, ...transport.peers().map((peer) => peer.nodeId)]);
  const known = new Set([...context.table.requesters(), ...context.unconfirmed.requesters()]);
  const reached = [...known].filter((requester) => here.has(requester));
  await Promise.all(reached.map((requester) => sendSync(context, requester)));
}

/** A run that a clean stop ends was nobody's fault: it doesn't count. */
async function giveRunsBack(context: Context): Promise<void> {
  const given = context.table.all().map((live) =>
    context.serial.run(live.key, async () => {
      const { state, runs } = live.stored.execution;
      if (!live.isRunCounted || state !== "running") return;
      await note(context, live, { runs: runs - 1 }, "Execution", "Ended: this node is being stopped");
    }),
  );
  const outcomes = await Promise.allSettled(given);
  const failed = outcomes.filter(({ status }) => status === "rejected").length;
  if (failed > 0) context.logger.warn("cannot write that runs ended with this node", { executions: failed });
  await context.synced();
}

/** Aborts what runs and waits, within bounds, until it is gone; nothing is written after that. */
async function endWork({ context, stepper, background }: Anatomy, clock: Clock): Promise<void> {
  const { stopTimeoutMs } = context.options;
  const reason = new ComputeError("compute/stopping", "Cannot go on: this node is being stopped");
  for (const live of context.table.all()) {
    live.timer?.cancel();
    live.work?.controller.abort(reason);
  }
  const idle = async (): Promise<void> => {
    await giveRunsBack(context);
    await background.idle();
    await context.serial.idle();
  };
  try {
    await withDeadline(clock, stopTimeoutMs, () => reason, idle);
  } catch {
    context.logger.warn("stopped while something still runs", { waitedMs: stopTimeoutMs });
  }
  stepper.close();
  context.table.clear();
  context.unconfirmed.clear();
}
