import { join } from "node:path";
import type { CallOptions, Logger } from "@gadus/protocol";
import { containerName, labelsOf } from "./docker-container.ts";
import type { DockerEngine } from "./docker-engine.ts";
import { engineDown, engineFailed, statusOf } from "./docker-error.ts";
import { openEgressProxy } from "./egress-proxy.ts";
import {
  EGRESS_PROXY_URL,
  EGRESS_SOCKET_NAME,
  type EgressSidecar,
  egressSidecar,
  startEgressSidecar,
} from "./egress-sidecar.ts";
import type { RunRequest } from "./executor.ts";
import { ensureForwarderImage } from "./forwarder-image.ts";

/** What a container reaches, for as long as it runs. */
export interface ContainerNetwork {
  /** As the engine is told: `none`, `bridge` or `container:<id>`. */
  readonly mode: string;
  /** Variables that programs find a proxy by. */
  readonly environment: readonly string[];
  /** What it was refused, in words. */
  refusals(): readonly string[];
  close(): Promise<void>;
}

/** Whose containers reach what, on which engine. */
export interface NetworkSite {
  readonly engine: DockerEngine;
  readonly nodeId: string;
  /** Hosts, as `host` or `host:port`, that jobs may reach although their addresses are private. */
  readonly allowHosts: readonly string[];
  readonly logger: Logger;
}

/** Options of {@link openNetwork}. */
export interface NetworkOptions extends CallOptions {
  /** Whether a container runs in it already, and could see no other. @default false */
  readonly isJoined?: boolean;
}

const CLOSE_WITHIN_MS = 10_000;

/** Opens the network that a task asked for, or opens it again for a container that runs already. */
export async function openNetwork(
  site: NetworkSite,
  request: RunRequest,
  folder: string,
  options: NetworkOptions,
): Promise<ContainerNetwork> {
  const { type } = request.task.terms.network;
  if (type !== "http") return plainNetwork(type === "full" ? "bridge" : "none");
  const { domains } = request.task.terms.network;
  const { allowHosts, logger } = site;
  const place = join(folder, "net");
  const socketPath = join(place, EGRESS_SOCKET_NAME);
  const proxy = await openEgressProxy({ socketPath, domains, allowHosts, logger });
  try {
    const found = await findSidecar(site, request, options);
    if (found === undefined && options.isJoined === true) throw engineDown("the container's network is gone");
    const sidecar = found ?? (await start(site, request, place, options));
    return {
      mode: sidecar.networkMode,
      environment: PROXY_VARIABLES,
      refusals: () => proxy.refusals(),
      async close(): Promise<void> {
        await proxy.close();
        await sidecar.remove({ signal: AbortSignal.timeout(CLOSE_WITHIN_MS) });
      },
    };
  } catch (error) {
    await proxy.close();
    throw error;
  }
}

/** What programs of all kinds look for; those that don't, reach nothing. */
const PROXY_VARIABLES: readonly string[] = ["HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"]
  .map((name) => `${name}=${EGRESS_PROXY_URL}`)
  .concat("NO_PROXY=localhost,127.0.0.1", "no_proxy=localhost,127.0.0.1");

/** A network that nothing has to be kept up for. */
function plainNetwork(mode: "none" | "bridge"): ContainerNetwork {
  return { mode, environment: [], refusals: () => [], async close() {} };
}

function sidecarName({ nodeId }: NetworkSite, { executionId }: RunRequest): string {
  return `${containerName(nodeId, executionId)}-net`;
}

/** The sidecar that a process before this one started for the execution, where it still runs. */
async function findSidecar(
  site: NetworkSite,
  request: RunRequest,
  { signal }: CallOptions,
): Promise<EgressSidecar | undefined> {
  const { docker } = site.engine;
  const container = docker.getContainer(sidecarName(site, request));
  try {
    const { Id, State } = await container.inspect({ ...(signal && { abortSignal: signal }) });
    if (State.Running) return egressSidecar(docker, Id);
    await egressSidecar(docker, Id).remove({ ...(signal && { signal }) });
    return undefined;
  } catch (error) {
    signal?.throwIfAborted();
    if (statusOf(error) === 404) return undefined;
    throw engineFailed("look for a container", error);
  }
}

async function start(
  site: NetworkSite,
  request: RunRequest,
  folder: string,
  options: CallOptions,
): Promise<EgressSidecar> {
  const { engine, nodeId } = site;
  const info = engine.info();
  if (info === undefined) throw engineDown(engine.unavailable() ?? "it was not asked yet");
  return startEgressSidecar({
    docker: engine.docker,
    image: await ensureForwarderImage(engine.docker, info.architecture, options),
    name: sidecarName(site, request),
    labels: labelsOf(nodeId, request.executionId, request.task.terms.jobId),
    folder,
    ...(options.signal && { signal: options.signal }),
  });
}
