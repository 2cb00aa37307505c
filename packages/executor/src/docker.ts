import { mkdir, readdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { type CallOptions, type Logger, messageOf, silentLogger, type TaskTerms } from "@gadus/protocol";
import { EXECUTION_LABEL, NODE_LABEL } from "./docker-container.ts";
import { createDockerEngine, type EngineInfo } from "./docker-engine.ts";
import { DockerImages, type ImageRules } from "./docker-images.ts";
import { imageProblem } from "./docker-request.ts";
import { removeContainer, runContainer } from "./docker-run.ts";
import type { DockerSite } from "./docker-site.ts";
import type { Admission, Executor, RunRequest, RunResult } from "./executor.ts";
import { removeTree } from "./remove-tree.ts";
import { RunningExecutions } from "./running-executions.ts";

/** Options of {@link dockerExecutor}. */
export interface DockerExecutorOptions {
  /** Whose containers these are: nodes may share an engine. */
  readonly nodeId: string;
  /** Where inputs and outputs of what runs are; on the file system of the results, and the engine's to see. */
  readonly folder: string;
  /** A Unix socket's path, or `http://host:port`. @default DOCKER_HOST, otherwise /var/run/docker.sock */
  readonly host?: string | undefined;
  readonly rules?: Partial<DockerRules> | undefined;
  readonly logger?: Logger;
}

/** What an operator decides. */
export interface DockerRules extends ImageRules {
  /** The kinds of network that a container may have. @default none */
  readonly networks: readonly TaskTerms["network"]["type"][];
  /** Hosts, as `host` or `host:port`, that jobs with network `http` may reach although their addresses are private. */
  readonly allowHosts: readonly string[];
  /** Whether a job may have a root file system that it can write. @default false */
  readonly writableRoot: boolean;
  readonly maxPids: number;
  readonly tmpBytes: number;
  readonly runtime: string | undefined;
  readonly graceMs: number;
  readonly engineTimeoutMs: number;
  readonly maxFiles: number;
}

const ENGINE = "docker";
const PROFILE = "docker/1";
const MIB = 1024 * 1024;

/** How often what an aborted call left is looked for. */
const SWEEP_MS = 60_000;
const LIST_WITHIN_MS = 30_000;
/** The engine starts no container with less. */
const MIN_MEMORY_BYTES = 6 * MIB;

const DEFAULT_RULES: DockerRules = {
  pull: "missing",
  credentials: new Map(),
  maxPulls: 2,
  maxArchiveBytes: 20 * 1024 * MIB,
  networks: ["none"],
  allowHosts: [],
  writableRoot: false,
  maxPids: 512,
  tmpBytes: 64 * MIB,
  runtime: undefined,
  graceMs: 2_000,
  engineTimeoutMs: 60_000,
  maxFiles: 100_000,
};

/**
 * Runs containers on a Docker Engine.
 *
 * Inputs are mounted read-only, result paths are folders that it may write, and so is `/tmp`; all else is withheld:
 * capabilities, devices, new privileges, swap, a network that it may not have. A container outlives the process that
 * started it: `run` takes it up again by its execution's id.
 */
export function dockerExecutor(options: DockerExecutorOptions): Executor {
  const { nodeId, logger = silentLogger } = options;
  const folder = resolve(options.folder);
  const rules: DockerRules = { ...DEFAULT_RULES, ...options.rules };
  const engine = createDockerEngine({
    logger,
    ...(options.host !== undefined && { host: options.host }),
    // What couldn't be removed while it was away.
    onBack: () => sweepLoudly(),
  });
  let sweeping: NodeJS.Timeout | undefined;
  const sweepLoudly = (): void => {
    sweep().catch((error: unknown) => logger.warn("cannot clear up", { reason: messageOf(error) }));
  };
  let isKept: ((executionId: string) => boolean) | undefined;
  const sweep = async (): Promise<void> => {
    const isOrphan = (executionId: string): boolean =>
      isKept?.(executionId) === false && !running.has(executionId);
    // One that is away is cleared up when it is back.
    if (isKept !== undefined && engine.unavailable() === undefined)
      await removeOrphans(site, folder, isOrphan);
  };
  const images = new DockerImages(engine, rules);
  const running = new RunningExecutions();
  const site: DockerSite = {
    engine,
    images,
    nodeId,
    limits: rules,
    graceMs: rules.graceMs,
    engineTimeoutMs: rules.engineTimeoutMs,
    maxFiles: rules.maxFiles,
    allowHosts: rules.allowHosts,
    logger,
    folderOf: (executionId) => join(folder, Buffer.from(executionId).toString("base64url")),
  };
  return {
    engine: ENGINE,
    profiles: [PROFILE],
    facts: () => factsOf(site, rules),
    unavailable: () => engine.unavailable(),
    async start(): Promise<void> {
      await mkdir(folder, { recursive: true });
      await engine.start();
      running.start();
      sweeping = setInterval(sweepLoudly, SWEEP_MS);
      sweeping.unref();
    },
    async stop(): Promise<void> {
      clearInterval(sweeping);
      await running.stop();
      engine.stop();
    },
    async admit(terms: TaskTerms, callOptions: CallOptions = {}): Promise<Admission> {
      const reason = engine.unavailable() ?? reasonAgainst(terms, rules);
      if (reason !== undefined) return { admitted: false, reason };
      const { image } = terms;
      const archive = image?.from === "input" ? terms.inputs[image.input]?.source.params["cid"] : undefined;
      if (typeof archive === "string") {
        return { admitted: true, holdsImage: await images.holdsArchive(archive, callOptions) };
      }
      if (image?.from !== "name") return { admitted: true };
      const presence = await images.look(image.reference, callOptions);
      if (presence.kind === "refused") return { admitted: false, reason: presence.reason };
      return { admitted: true, holdsImage: presence.kind === "held" };
    },
    run(request: RunRequest, callOptions: CallOptions = {}): Promise<RunResult> {
      return running.run(request.executionId, callOptions, (signal) => runContainer(site, request, signal));
    },
    async removeOrphans(isStillKept: (executionId: string) => boolean): Promise<void> {
      isKept = isStillKept;
      await sweep();
    },
  };
}

/** Removes containers of executions that nothing waits for, and then their folders: what runs may write there. */
async function removeOrphans(
  site: DockerSite,
  folder: string,
  isOrphan: (executionId: string) => boolean,
): Promise<void> {
  const { engine, nodeId, logger } = site;
  const warn = (error: unknown): void =>
    logger.warn("cannot remove what is left of an execution", { reason: messageOf(error) });
  const filters = { label: [`${NODE_LABEL}=${nodeId}`] };
  const abortSignal = AbortSignal.timeout(LIST_WITHIN_MS);
  const live = new Set<string>();
  for (const { Id, Labels } of await engine.docker.listContainers({ all: true, filters, abortSignal })) {
    const executionId = Labels[EXECUTION_LABEL] ?? "";
    if (!isOrphan(executionId)) continue;
    live.add(executionId);
    await removeContainer(site, Id).then(() => live.delete(executionId), warn);
  }
  for (const name of await readdir(folder)) {
    const executionId = Buffer.from(name, "base64url").toString();
    if (isOrphan(executionId) && !live.has(executionId)) await removeTree(join(folder, name)).catch(warn);
  }
}

function reasonAgainst(terms: TaskTerms, rules: DockerRules): string | undefined {
  if (terms.engine !== ENGINE) return `the engine is ${ENGINE}, not ${terms.engine}`;
  if (terms.profile !== PROFILE) return `the engine's profile is ${PROFILE}, not ${terms.profile}`;
  const problem = imageProblem(terms);
  if (problem !== undefined) return `${problem} (Engine.Params.Image)`;
  const { resources, network, image, inputs } = terms;
  if (!rules.networks.includes(network.type)) return `containers have no network "${network.type}" here`;
  if (terms.writableRoot === true && !rules.writableRoot) return "containers can't write their root here";
  if (resources.gpus > 0) return "containers have no GPU here";
  if (resources.memoryBytes < MIN_MEMORY_BYTES) return `a container has at least ${MIN_MEMORY_BYTES} bytes`;
  const inputBytes = inputs
    .filter((_, index) => image?.from !== "input" || index !== image.input)
    .reduce((sum, { sizeBytes = 0 }) => sum + sizeBytes, 0);
  if (inputBytes <= resources.diskBytes) return undefined;
  return `its inputs are copied for it and have ${inputBytes} bytes, more than its disk of ${resources.diskBytes} (Resources.Disk)`;
}

function factsOf({ engine }: DockerSite, rules: DockerRules): Readonly<Record<string, string>> {
  const info = engine.info();
  const mib = `${Math.floor(rules.tmpBytes / MIB)} MiB`;
  return {
    ...(info !== undefined && { engine: `Docker ${info.version}, ${info.architecture}` }),
    networks: rules.networks.join(", "),
    images:
      `pull ${rules.pull}${rules.registries === undefined ? "" : ` from ${rules.registries.join(", ") || "nowhere"}`}`.slice(
        0,
        256,
      ),
    limits: `${rules.maxPids} processes, ${rules.maxFiles} files, ${mib} in /tmp, no capabilities, ${swapOf(info)}`,
    root: rules.writableRoot ? "read-only, unless a job asks for another" : "read-only",
    isolation: `${rules.runtime ?? "the engine's runtime"}, user namespace: ${info?.userNamespace === true ? "yes" : "no"}`,
    stop: `killed ${rules.graceMs / 1000} s after SIGTERM`,
  };
}

function swapOf(info: EngineInfo | undefined): string {
  return info?.swapLimit === false ? "swap is not limited by this machine" : "no swap";
}
