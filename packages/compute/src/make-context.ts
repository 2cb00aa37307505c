import { messageOf } from "@gadus/protocol";
import { Background } from "./background.ts";
import { Capacity } from "./capacity.ts";
import { makeMetrics } from "./compute-metrics.ts";
import type { Context } from "./context.ts";
import type { ComputeDependencies } from "./dependencies.ts";
import { ExecutionTable } from "./execution-table.ts";
import { KeyedQueue } from "./keyed-queue.ts";
import { makeOptions } from "./options.ts";
import { makeStepper, type Stepper } from "./step.ts";
import { UnconfirmedPublications } from "./unconfirmed-publications.ts";
import { beginStartable } from "./work.ts";

/** A node's context, with what only its life-cycle needs. */
export interface Anatomy {
  readonly context: Context;
  readonly stepper: Stepper;
  readonly background: Background;
}

/** What its life-cycle tells the context. */
export interface Life {
  isStopping(): boolean;
  /** What runs or waits has changed. */
  changed(): void;
}

export function makeContext(dependencies: ComputeDependencies, life: Life): Anatomy {
  const { transport, store, clock, logger } = dependencies;
  const options = makeOptions(dependencies.options);
  const metrics = makeMetrics(dependencies.metrics);
  const stepper = makeStepper(store, transport, logger, metrics);
  const background = new Background((what, error) => {
    if (!life.isStopping()) logger.error("compute failed", { what, reason: messageOf(error) });
  });
  const capacity = new Capacity({ ...options, total: options.capacity, floor: options.minExecution });
  const context: Context = {
    ...portsOf(dependencies),
    identity: transport.identity,
    boxPublicKey: dependencies.boxPublicKey,
    clock,
    logger,
    metrics,
    options,
    store,
    step: stepper.step,
    synced: () => stepper.synced(),
    capacity,
    table: new ExecutionTable(),
    unconfirmed: new UnconfirmedPublications(
      { max: options.maxRecent, keepMs: options.keepEndedMs },
      ({ executionId }) => {
        metrics.unconfirmed.add();
        logger.warn("a publication is told no more: its requester never answered", { executionId });
      },
    ),
    serial: new KeyedQueue(),
    isStopping: () => life.isStopping(),
    freed() {
      if (life.isStopping()) return;
      beginStartable(context);
      metrics.running.set(capacity.count("running"));
      metrics.queued.set(capacity.count("queued"));
      metrics.live.set(capacity.size);
      life.changed();
    },
    background: (what, work) => background.add(what, work),
  };
  return { context, stepper, background };
}

function portsOf(
  dependencies: ComputeDependencies,
): Pick<
  Context,
  "support" | "executors" | "sources" | "verifiers" | "publishers" | "content" | "scratch" | "logs"
> {
  const { executors, storage, verifiers, publishers, content, scratch, logs } = dependencies;
  return {
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
    logs,
  };
}
