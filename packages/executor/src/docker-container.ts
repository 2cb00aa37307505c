import { createHash } from "node:crypto";
import type { ContainerCreateOptions, MountSettings, Ulimit } from "dockerode";
import type { DockerParams, TaskTerms } from "@gadus/protocol";
import type { EngineInfo } from "./docker-engine.ts";
import type { RunRequest } from "./executor.ts";

/** The labels of all that we make on an engine. */
export const NODE_LABEL = "gadus.node";
const JOB_LABEL = "gadus.job";
export const EXECUTION_LABEL = "gadus.execution";

/** An operator's limits on containers. */
export interface ContainerLimits {
  /** Processes and threads of one. */
  readonly maxPids: number;
  /** Of its `/tmp`, in memory. */
  readonly tmpBytes: number;
  /** An OCI runtime of the engine, such as `runsc`; its default where undefined. */
  readonly runtime: string | undefined;
}

/** A folder or file of this machine that a container sees. */
export interface Mount {
  readonly hostPath: string;
  readonly target: string;
  readonly writable: boolean;
}

/** What a container is made of. */
export interface ContainerPlan {
  readonly name: string;
  readonly nodeId: string;
  readonly request: RunRequest;
  readonly params: DockerParams;
  /** By id. */
  readonly image: string;
  readonly mounts: readonly Mount[];
  /** Folders that the image would have as volumes. */
  readonly volumes: readonly string[];
  /** `none`, `bridge` or `container:<id>`. */
  readonly networkMode: string;
  /** What the network needs to be known, such as a proxy's address. */
  readonly networkEnvironment: readonly string[];
  readonly limits: ContainerLimits & {
    /** What of its disk is left to a task. */
    readonly fileBytes: number;
  };
  readonly engine: EngineInfo;
}

/** Of what the engine keeps of a container's output; twice as much, in files that replace each other. */
export const LOG_FILE_BYTES = 16 * 1024 * 1024;
/** The host name in every container: the same, since programs print it. */
export const HOST_NAME = "gadus";
const MAX_OPEN_FILES = 16_384;
const FILE_MARGIN_BYTES = 1024 * 1024;

/** The name of the container of an execution on a node; there can't be two. */
export function containerName(nodeId: string, executionId: string): string {
  return `gadus-${createHash("sha256").update(`${nodeId}\n${executionId}`).digest("hex").slice(0, 32)}`;
}

export function labelsOf(nodeId: string, executionId: string, jobId: string): Record<string, string> {
  return { [NODE_LABEL]: nodeId, [EXECUTION_LABEL]: executionId, [JOB_LABEL]: jobId };
}

/** What the engine is told to create: everything that isn't asked for is withheld. */
export function containerOptions(plan: ContainerPlan): ContainerCreateOptions & { readonly name: string } {
  const { request, params, limits, networkMode } = plan;
  const { terms, details } = request.task;
  const environment = Object.entries(details.environment).map(([name, value]) => `${name}=${value}`);
  const ownsNetwork = !networkMode.startsWith("container:");
  return {
    name: plan.name,
    Image: plan.image,
    ...(params.entrypoint !== undefined && { Entrypoint: [...params.entrypoint] }),
    ...(params.parameters.length > 0 && { Cmd: [...params.parameters] }),
    ...(params.workingDirectory !== undefined && { WorkingDir: params.workingDirectory }),
    ...(params.user !== undefined && { User: params.user }),
    ...(ownsNetwork && { Hostname: HOST_NAME }),
    Env: [...plan.networkEnvironment, ...environment],
    Labels: labelsOf(plan.nodeId, request.executionId, terms.jobId),
    AttachStdin: false,
    OpenStdin: false,
    Tty: false,
    Healthcheck: { Test: ["NONE"] },
    StopSignal: "SIGTERM",
    HostConfig: {
      ...resourceLimits(terms.resources),
      PidsLimit: limits.maxPids,
      Ulimits: ulimits(limits),
      NetworkMode: networkMode,
      ReadonlyRootfs: terms.writableRoot !== true,
      CapDrop: ["ALL"],
      SecurityOpt: ["no-new-privileges"],
      IpcMode: "private",
      Privileged: false,
      RestartPolicy: { Name: "no" },
      ...(limits.runtime !== undefined && { Runtime: limits.runtime }),
      ...tmpOf(plan),
      Mounts: [...plan.mounts.map(bindMount), ...volumeMounts(plan)],
      LogConfig: logConfig(plan.engine),
    },
  };
}

function resourceLimits({ memoryBytes, cpuMillis }: TaskTerms["resources"]): object {
  // As much swap as memory is, to the engine, no swap.
  return { Memory: memoryBytes, MemorySwap: memoryBytes, NanoCpus: cpuMillis * 1_000_000 };
}

/** The same everywhere: programs see them. A file that is as long as it may be is over the disk's limit. */
function ulimits({ fileBytes, tmpBytes }: ContainerPlan["limits"]): Ulimit[] {
  const longest = Math.max(fileBytes, tmpBytes) + FILE_MARGIN_BYTES;
  return [
    { Name: "core", Soft: 0, Hard: 0 },
    { Name: "nofile", Soft: MAX_OPEN_FILES, Hard: MAX_OPEN_FILES },
    { Name: "fsize", Soft: longest, Hard: longest },
  ];
}

function tmpOf({ mounts, limits, request }: ContainerPlan): object {
  if (mounts.some(({ target }) => target === "/tmp")) return {};
  const sizeBytes = Math.min(limits.tmpBytes, request.task.terms.resources.memoryBytes);
  return { Tmpfs: { "/tmp": `rw,nosuid,nodev,exec,size=${sizeBytes}` } };
}

function bindMount({ hostPath, target, writable }: Mount): MountSettings {
  return {
    Type: "bind",
    Source: hostPath,
    Target: target,
    ReadOnly: !writable,
    BindOptions: { Propagation: "rprivate" },
  };
}

/** In memory, like `/tmp`: as volumes they would be folders of the engine's that nobody limits. */
function volumeMounts({ volumes, mounts, limits }: ContainerPlan): MountSettings[] {
  return volumes
    .filter((path) => path !== "/tmp" && mounts.every(({ target }) => target !== path))
    .map((path) => ({
      Type: "tmpfs",
      Source: "",
      Target: path,
      TmpfsOptions: { SizeBytes: limits.tmpBytes, Mode: 0o1777 },
    }));
}

function logConfig({ logDriver }: EngineInfo): { Type: string; Config: Record<string, string> } {
  return {
    Type: logDriver,
    Config: {
      "max-size": String(LOG_FILE_BYTES),
      "max-file": "2",
      ...(logDriver === "local" && { compress: "false" }),
    },
  };
}
