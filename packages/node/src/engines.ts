import type { Executor } from "@gadus/executor";
import { noopExecutor } from "@gadus/executor/noop";
import { wasmExecutor } from "@gadus/executor/wasm";
import { type Clock, type Logger, messageOf } from "@gadus/protocol";
import type { NodeConfig } from "./config-schema.ts";
import type { Lifecycle } from "./lifecycle.ts";
import { lyingExecutor } from "./lying-executor.ts";

/** The engines of a node: those that work, and why the others don't. */
export interface Engines {
  readonly executors: readonly Executor[];
  readonly unavailable: ReadonlyMap<string, string>;
}

/** What engines are made with. */
export interface EngineOptions {
  readonly config: NodeConfig["compute"];
  readonly nodeId: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Starts the engines that are configured; one that doesn't start is told of, and keeps none from working. */
export async function startEngines(options: EngineOptions, lifecycle: Lifecycle): Promise<Engines> {
  const executors: Executor[] = [];
  const unavailable = new Map<string, string>();
  for (const engine of new Set(options.config.engines)) {
    const executor = createExecutor(engine, options);
    lifecycle.onStop(`engine ${engine}`, () => executor.stop());
    try {
      await executor.start();
      executors.push(executor);
    } catch (error) {
      options.logger.error("an engine did not start", { engine, error });
      unavailable.set(engine, messageOf(error));
    }
  }
  return { executors, unavailable };
}

function createExecutor(
  engine: NodeConfig["compute"]["engines"][number],
  { config: { lie, wasm }, nodeId, clock, logger }: EngineOptions,
): Executor {
  const executor = engine === "wasm" ? createWasm(wasm, logger) : noopExecutor({ clock });
  return lie === "none" ? executor : lyingExecutor(executor, { lie, nodeId });
}

function createWasm(
  { processes, workers, runsPerWorker, confine }: NodeConfig["compute"]["wasm"],
  logger: Logger,
): Executor {
  const limits = { processes, maxRunsPerWorker: runsPerWorker, ...(workers !== undefined && { workers }) };
  return wasmExecutor({ limits, confine, logger });
}
