import type { Executor, ImageResolver } from "@gadus/executor";
import { noopExecutor } from "@gadus/executor/noop";
import { wasmExecutor } from "@gadus/executor/wasm";
import { type Clock, type Logger, messageOf } from "@gadus/protocol";
import type { NodeConfig } from "./config/config-schema.ts";
import type { DataFolder } from "./data-folder.ts";
import { readCredentials } from "./config/docker-credentials.ts";
import type { Lifecycle } from "./lifecycle.ts";
import { lyingExecutor } from "./lying-executor.ts";

/** The engines of a node: those that work, and why the others don't. */
export interface Engines {
  readonly executors: readonly Executor[];
  readonly unavailable: ReadonlyMap<string, string>;
}

/** What engines are made with. */
export interface EngineOptions {
  readonly config: Pick<NodeConfig, "compute" | "docker" | "network">;
  /** Where engines may keep what runs. */
  readonly folder: Pick<DataFolder, "path">;
  readonly nodeId: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Starts the engines that are configured; one that doesn't start is told of, and keeps none from working. */
export async function startEngines(options: EngineOptions, lifecycle: Lifecycle): Promise<Engines> {
  const executors: Executor[] = [];
  const unavailable = new Map<string, string>();
  for (const engine of new Set(options.config.compute.engines)) {
    const executor = await createExecutor(engine, options);
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

async function createExecutor(
  engine: NodeConfig["compute"]["engines"][number],
  options: EngineOptions,
): Promise<Executor> {
  const { config, nodeId } = options;
  const { lie } = config.compute;
  const executor = await createHonest(engine, options);
  return lie === "none" || lie === "wrong-link" ? executor : lyingExecutor(executor, { lie, nodeId });
}

async function createHonest(
  engine: NodeConfig["compute"]["engines"][number],
  options: EngineOptions,
): Promise<Executor> {
  if (engine === "noop") return noopExecutor({ clock: options.clock });
  return engine === "wasm" ? createWasm(options) : createDocker(options);
}

function createWasm({ config, logger }: EngineOptions): Executor {
  const { processes, workers, runsPerWorker, confine } = config.compute.wasm;
  const limits = { processes, maxRunsPerWorker: runsPerWorker, ...(workers !== undefined && { workers }) };
  return wasmExecutor({ limits, confine, logger });
}

async function createDocker({ config, nodeId, folder, logger }: EngineOptions): Promise<Executor> {
  const { networks, allowImages, tmpSize, maxArchiveSize, stopGraceMs, ...limits } = config.compute.docker;
  // Its client takes a while to load, and machines without Docker need none of it.
  const { dockerExecutor } = await import("@gadus/executor/docker");
  return dockerExecutor({
    nodeId,
    folder: folder.path("docker"),
    host: config.docker.host,
    logger,
    rules: {
      ...limits,
      ...(await imageRules(config)),
      networks: networks ?? (config.network.swarmKey === undefined ? ["none", "http"] : ["none"]),
      ...(allowImages !== undefined && { allow: allowImages }),
      tmpBytes: tmpSize,
      maxArchiveBytes: maxArchiveSize,
      graceMs: stopGraceMs,
    },
  });
}

/** Fixes the images of jobs by this machine's Docker Engine, which is asked for nothing before there is one to fix. */
export function lazyImageResolver(
  config: Pick<NodeConfig, "docker" | "network">,
  logger: Logger,
): ImageResolver {
  let resolver: Promise<ImageResolver> | undefined;
  const create = async (): Promise<ImageResolver> => {
    const { dockerImageResolver } = await import("@gadus/executor/docker-image-resolver");
    return dockerImageResolver({ host: config.docker.host, rules: await imageRules(config), logger });
  };
  return {
    async resolve(reference, options) {
      resolver ??= create();
      return (await resolver).resolve(reference, options);
    },
  };
}

async function imageRules({ docker, network }: Pick<NodeConfig, "docker" | "network">) {
  // A private network asks no one outside, unless its operator names them.
  const registries = docker.registries ?? (network.swarmKey === undefined ? undefined : []);
  return {
    pull: docker.pull,
    credentials: await readCredentials(docker.credentialsFile),
    ...(registries !== undefined && { registries }),
    isOpen: network.swarmKey === undefined,
  };
}
