import { type ComputeOffer, messageOf, type Timer } from "@gadus/protocol";
import { Capacity } from "./capacity.ts";
import { ComputeError } from "./compute-error.ts";
import { makeMetrics } from "./compute-metrics.ts";
import type { Context } from "./context.ts";
import type { ComputeDependencies } from "./dependencies.ts";
import { type ComputeDescription, describeCompute, makeOffer } from "./describe.ts";
import { ExecutionTable } from "./execution-table.ts";
import { makeIntake } from "./intake.ts";
import { KeyedQueue } from "./keyed-queue.ts";
import { makeOptions } from "./options.ts";
import { recover, removeOrphans } from "./recover.ts";
import { makeStepper } from "./step.ts";
import { sendSync } from "./sync.ts";
import { beginStartable } from "./work.ts";

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

/** Rows that one purge removes at a time, and how often it does. */
const PURGE_ROWS = 1000;
const MAX_PURGE_ROUNDS = 50;

/** A compute node, not started yet. */
export function createCompute(dependencies: ComputeDependencies): Compute {
  const { transport, store, clock, logger, metrics: allMetrics } = dependencies;
  const options = makeOptions(dependencies.options);
  const metrics = makeMetrics(allMetrics);
  const stepper = makeStepper(store, transport, logger, metrics);
  const pending = new Set<Promise<void>>();
  const listeners = new Set<() => void>();
  const timers = new Set<Timer>();
  let offerTimer: Timer | undefined;
  let stopping = false;
  let started: Promise<void> | undefined;
  let stopped: Promise<void> | undefined;
  let unsubscribe = (): void => {};

  const context: Context = {
    ...portsOf(dependencies),
    clock,
    logger,
    metrics,
    options,
    store,
    step: stepper.step,
    capacity: new Capacity(options.capacity, options.queueLimit, options.minExecution),
    table: new ExecutionTable(),
    serial: new KeyedQueue(),
    isStopping: () => stopping,
    freed() {
      if (stopping) return;
      beginStartable(context);
      offerChanged();
    },
    background(what, work) {
      const settled = work.then(
        () => {},
        (error: unknown) => {
          if (!stopping) logger.error("compute failed", { what, reason: messageOf(error) });
        },
      );
      const tracked: Promise<void> = settled.then(() => {
        pending.delete(tracked);
      });
      pending.add(tracked);
    },
  };

  function offerChanged(): void {
    metrics.running.set(context.capacity.count("running"));
    metrics.queued.set(context.capacity.count("queued"));
    metrics.live.set(context.capacity.size);
    if (listeners.size === 0) return;
    offerTimer ??= clock.setTimer(options.offerDelayMs, () => {
      offerTimer = undefined;
      for (const listener of listeners) listener();
    });
  }

  /** Does `task` every so often, and only after it has settled the next time. */
  function every(intervalMs: number, what: string, task: () => Promise<void>): void {
    const timer = clock.setTimer(intervalMs, () => {
      timers.delete(timer);
      if (stopping) return;
      context.background(
        what,
        task().finally(() => {
          if (!stopping) every(intervalMs, what, task);
        }),
      );
    });
    timers.add(timer);
  }

  async function purge(): Promise<void> {
    const beforeMs = clock.nowMs() - options.keepEndedMs;
    for (let round = 0; round < MAX_PURGE_ROUNDS && !stopping; round += 1) {
      const removed = await store.removeEnded({ beforeMs, keep: options.maxEnded, limit: PURGE_ROWS });
      if (removed < PURGE_ROWS) return;
    }
  }

  async function syncAll(): Promise<void> {
    const here = new Set([transport.identity.nodeId, ...transport.peers().map((peer) => peer.nodeId)]);
    const known = context.table.requesters().filter((requester) => here.has(requester));
    await Promise.all(known.map((requester) => sendSync(context, requester, { ended: false })));
  }

  async function begin(): Promise<void> {
    await recover(context, store);
    if (stopping) return;
    unsubscribe = transport.on({
      message: makeIntake(context),
      connected({ nodeId }) {
        context.background("sync", sendSync(context, nodeId, { ended: true }));
      },
    });
    context.background("sync", syncAll());
    context.background("remove orphans", removeOrphans(context));
    every(options.syncIntervalMs, "sync", syncAll);
    every(options.purgeIntervalMs, "purge", purge);
  }

  async function end(): Promise<void> {
    stopping = true;
    unsubscribe();
    await started?.catch(() => {});
    unsubscribe();
    for (const timer of timers) timer.cancel();
    offerTimer?.cancel();
    const reason = new ComputeError("compute/stopping", "Cannot go on: this node is being stopped");
    for (const live of context.table.all()) {
      live.timer?.cancel();
      live.work?.controller.abort(reason);
    }
    await settleWithin(options.stopTimeoutMs);
    stepper.close();
    context.table.clear();
  }

  async function settleWithin(timeoutMs: number): Promise<void> {
    const late = Promise.withResolvers<boolean>();
    const timer = clock.setTimer(timeoutMs, () => late.resolve(false));
    const settled = async (): Promise<boolean> => {
      while (pending.size > 0) await Promise.all(pending);
      await context.serial.idle();
      return true;
    };
    const inTime = await Promise.race([settled(), late.promise]);
    timer.cancel();
    if (!inTime) logger.warn("stopped while something still runs", { waitedMs: timeoutMs });
  }

  return {
    async start() {
      if (stopping) throw new ComputeError("compute/stopping", "Cannot start the node: it was stopped");
      started ??= begin();
      await started;
    },
    async stop() {
      stopped ??= end();
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

function portsOf(
  dependencies: ComputeDependencies,
): Pick<
  Context,
  | "identity"
  | "boxPublicKey"
  | "support"
  | "executors"
  | "sources"
  | "verifiers"
  | "publishers"
  | "content"
  | "scratch"
> {
  const { executors, storage, verifiers, publishers, content, scratch } = dependencies;
  return {
    identity: dependencies.transport.identity,
    boxPublicKey: dependencies.boxPublicKey,
    support: {
      engines: new Map(executors.map(({ engine, profiles }) => [engine, profiles])),
      unavailable: dependencies.unavailableEngines ?? new Map(),
      storage: new Set(storage.map(({ type }) => type)),
      verifiers: new Set(verifiers.map(({ type }) => type)),
      publishers: new Set(publishers.map(({ type }) => type)),
    },
    executors: new Map(executors.map((executor) => [executor.engine, executor])),
    sources: new Map(storage.map((source) => [source.type, source])),
    verifiers: new Map(verifiers.map((verifier) => [verifier.type, verifier])),
    publishers: new Map(publishers.map((publisher) => [publisher.type, publisher])),
    content,
    scratch,
  };
}
