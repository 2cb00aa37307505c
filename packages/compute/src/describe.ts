import type { ComputeOffer, ExecutionState, Resources } from "@gadus/protocol";
import type { Executor } from "@gadus/executor";
import type { Context } from "./context.ts";
import { minus } from "./resources.ts";

/** An execution of this node, in short. */
export interface ExecutionSummary {
  readonly requester: string;
  readonly executionId: string;
  readonly jobId: string;
  readonly partition: number;
  readonly state: ExecutionState;
  readonly engine: string;
  readonly resources: Resources;
  readonly modifiedAtMs: number;
}

/** What a compute node does and can do, for people. */
export interface ComputeDescription {
  readonly engines: readonly {
    readonly engine: string;
    readonly profiles: readonly string[];
    /** Why it doesn't work here; undefined where it does. */
    readonly unavailable: string | undefined;
  }[];
  readonly offer: ComputeOffer;
  /** Places promised, and neither accepted nor rejected. */
  readonly offered: number;
  readonly running: readonly ExecutionSummary[];
  readonly queued: readonly ExecutionSummary[];
  /** Proposed or verified. */
  readonly held: number;
}

/** What this node announces that it can do. */
export function makeOffer({ capacity, options, support, executors }: Context): ComputeOffer {
  const unavailable = unavailableEngines({ support, executors });
  const working = Array.from(executors.values()).filter(({ engine }) => !unavailable.has(engine));
  return {
    engines: working.map((executor) => ({
      type: executor.engine,
      profiles: [...executor.profiles],
      ...factsOf(executor),
    })),
    ...(unavailable.size > 0 && {
      unavailable: Array.from(unavailable, ([type, reason]) => ({ type, reason: reason.slice(0, 512) })),
    }),
    verifiers: [...support.verifiers],
    publishers: [...support.publishers],
    storage: [...support.storage],
    maxCapacity: options.capacity,
    maxExecution: options.maxExecution,
    availableCapacity: clampToZero(minus(capacity.total, capacity.used)),
    runningExecutions: capacity.count("running"),
    queuedExecutions: capacity.count("queued"),
    queueLimit: options.queueLimit,
  };
}

export function describeCompute(context: Context): ComputeDescription {
  const { support, table, capacity } = context;
  const offer = makeOffer(context);
  const working = offer.engines.map(({ type }) => ({
    engine: type,
    profiles: support.engines.get(type) ?? [],
    unavailable: undefined,
  }));
  const broken = Array.from(unavailableEngines(context), ([engine, unavailable]) => ({
    engine,
    profiles: [],
    unavailable,
  }));
  const summaries = (standing: "running" | "queued"): ExecutionSummary[] =>
    table
      .all()
      .filter(({ key }) => capacity.standingOf(key) === standing)
      .map(({ stored: { execution, ask } }) => ({
        requester: execution.requester,
        executionId: execution.executionId,
        jobId: execution.jobId,
        partition: execution.partition,
        state: execution.state,
        engine: ask.terms.engine,
        resources: ask.terms.resources,
        modifiedAtMs: execution.modifiedAtMs,
      }));
  return {
    engines: [...working, ...broken],
    offer,
    offered: capacity.count("offered"),
    running: summaries("running"),
    queued: summaries("queued"),
    held: capacity.count("held"),
  };
}

/** Engines that can't run anything now, and why: those that did not start, and those that say so. */
function unavailableEngines({
  support,
  executors,
}: Pick<Context, "support" | "executors">): ReadonlyMap<string, string> {
  const unavailable = new Map(support.unavailable);
  for (const executor of executors.values()) {
    const reason = executor.unavailable();
    if (reason !== undefined) unavailable.set(executor.engine, reason);
  }
  return unavailable;
}

function factsOf(executor: Executor): Pick<ComputeOffer["engines"][number], "facts"> {
  const facts = executor.facts();
  return Object.keys(facts).length === 0 ? {} : { facts: { ...facts } };
}

/** Where limits were lowered while executions ran, they may take more than there is. */
function clampToZero(resources: Resources): Resources {
  return {
    cpuMillis: Math.max(0, resources.cpuMillis),
    memoryBytes: Math.max(0, resources.memoryBytes),
    diskBytes: Math.max(0, resources.diskBytes),
    gpus: Math.max(0, resources.gpus),
  };
}
