import type { ComputeOffer, ExecutionState, Resources } from "@gadus/protocol";
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
export function makeOffer({ capacity, options, support }: Context): ComputeOffer {
  return {
    engines: [...support.engines].map(([type, profiles]) => ({ type, profiles: [...profiles] })),
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
  const working = [...support.engines].map(([engine, profiles]) => ({
    engine,
    profiles,
    unavailable: undefined,
  }));
  const broken = [...support.unavailable].map(([engine, unavailable]) => ({
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
    offer: makeOffer(context),
    offered: capacity.count("offered"),
    running: summaries("running"),
    queued: summaries("queued"),
    held: capacity.count("held"),
  };
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
