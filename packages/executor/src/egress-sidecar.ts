import type { CallOptions } from "@gadus/protocol";
import type Docker from "dockerode";
import { HOST_NAME } from "./docker-container.ts";
import { dockerCall } from "./docker-call.ts";
import { statusOf } from "./docker-error.ts";

/** Where a container that joins a sidecar finds the proxy. */
export const EGRESS_PROXY_URL = "http://127.0.0.1:3128";
/** The name that the proxy's socket has in the folder that a sidecar is given. */
export const EGRESS_SOCKET_NAME = "proxy.sock";

const FOLDER_TARGET = "/gadus";
const MEMORY_BYTES = 16 * 1024 * 1024;
const MAX_PROCESSES = 4;
/** How long is waited for the engine to remove what came of a start that failed. */
const CLEAN_UP_TIMEOUT_MS = 10_000;

/** Options of {@link startEgressSidecar}. */
export interface EgressSidecarOptions extends CallOptions {
  readonly docker: Docker;
  /** What `ensureForwarderImage` returned. */
  readonly image: string;
  /** The container's name: no other may have it. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** The absolute path, for the engine, of the folder in which the proxy listens on `proxy.sock`. */
  readonly folder: string;
}

/** The container whose network, a loopback interface with the proxy on it, a job's container joins. */
export interface EgressSidecar {
  readonly id: string;
  /** `HostConfig.NetworkMode` of the container that joins it. */
  readonly networkMode: `container:${string}`;
  /** Ends it, if it is still there; what has joined it keeps its loopback interface, without the proxy. */
  remove(options?: CallOptions): Promise<void>;
}

/**
 * Starts a sidecar: when this returns, whatever joins it can connect to {@link EGRESS_PROXY_URL} at once or soon.
 *
 * When it throws nothing is left, unless the engine doesn't answer or does what was aborted: sweep by label.
 *
 * @throws {ExecutorError} `executor/engine-down`
 * @throws the signal's reason, if `signal` aborts
 */
export async function startEgressSidecar(options: EgressSidecarOptions): Promise<EgressSidecar> {
  const { docker, name } = options;
  options.signal?.throwIfAborted();
  const create = (abort: object): Promise<Docker.Container> =>
    docker.createContainer({ ...containerOf(options), ...abort });
  let container: Docker.Container | undefined;
  try {
    container = await dockerCall(`create container ${name}`, create, options);
    const { id } = container;
    await dockerCall(`start container ${name}`, (abort) => docker.getContainer(id).start(abort), options);
    return egressSidecar(docker, id);
  } catch (error) {
    // One that had the name before isn't ours to remove.
    if (container !== undefined || statusOf(error) === undefined) {
      const signal = AbortSignal.timeout(CLEAN_UP_TIMEOUT_MS);
      await removeContainer(docker, container?.id ?? name, { signal }).catch(() => {});
    }
    throw error;
  }
}

/** The sidecar that is the container `id`, such as one that was started before the node was. */
export function egressSidecar(docker: Docker, id: string): EgressSidecar {
  return {
    id,
    networkMode: `container:${id}`,
    remove: (options = {}) => removeContainer(docker, id, options),
  };
}

function containerOf({ image, name, labels, folder }: EgressSidecarOptions): Docker.ContainerCreateOptions {
  return {
    name,
    Image: image,
    // What joins its network has its name too.
    Hostname: HOST_NAME,
    Labels: { ...labels },
    Cmd: ["/forward", `${FOLDER_TARGET}/${EGRESS_SOCKET_NAME}`],
    User: "65534:65534",
    HostConfig: {
      NetworkMode: "none",
      Mounts: [
        {
          Type: "bind",
          Source: folder,
          Target: FOLDER_TARGET,
          ReadOnly: true,
          BindOptions: { Propagation: "rprivate" },
        },
      ],
      ReadonlyRootfs: true,
      CapDrop: ["ALL"],
      SecurityOpt: ["no-new-privileges"],
      IpcMode: "none",
      Memory: MEMORY_BYTES,
      MemorySwap: MEMORY_BYTES,
      PidsLimit: MAX_PROCESSES,
      LogConfig: { Type: "none", Config: {} },
      RestartPolicy: { Name: "no" },
    },
  };
}

async function removeContainer(docker: Docker, id: string, options: CallOptions): Promise<void> {
  const remove = (abort: object): Promise<unknown> =>
    docker.getContainer(id).remove({ force: true, v: true, ...abort });
  try {
    await dockerCall(`remove container ${id}`, remove, options);
  } catch (error) {
    // 409: somebody else is removing it.
    const status = statusOf(error);
    if (status !== 404 && status !== 409) throw error;
  }
}
