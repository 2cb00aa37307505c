import type Docker from "dockerode";
import { type CallOptions, type Logger, messageOf } from "@gadus/protocol";
import { abortable } from "./abortable.ts";
import { connectDocker } from "./docker-client.ts";
import { engineDown, isEngineGone } from "./docker-error.ts";

/** What an engine says of itself, as far as it matters here. */
export interface EngineInfo {
  /** As images name it: `amd64`, `arm64`, ... */
  readonly architecture: string;
  readonly version: string;
  /** Whether root in a container is another user outside. */
  readonly userNamespace: boolean;
  /** Whether it enforces a limit on swap as well as on memory. */
  readonly swapLimit: boolean;
  /** The driver that keeps what containers print. */
  readonly logDriver: "local" | "json-file";
}

/** Options of {@link createDockerEngine}. */
export interface DockerEngineOptions {
  /** The path of its Unix socket, or `http://host:port`. @default DOCKER_HOST, otherwise /var/run/docker.sock */
  readonly host?: string;
  readonly logger: Logger;
  /** Called whenever it answers after it didn't. */
  readonly onBack?: () => void;
}

/** A Docker Engine that may go away and come back. */
export interface DockerEngine {
  readonly docker: Docker;
  readonly host: string;
  /** Undefined until it answered for the first time. */
  info(): EngineInfo | undefined;
  /** Why it can't run anything now; undefined where it can. */
  unavailable(): string | undefined;
  /** Looks whether it answers. */
  look(): Promise<void>;
  /** Looks, and goes on looking until `stop`. */
  start(): Promise<void>;
  stop(): void;
  /** Looks at once: something failed that should not have. */
  suspect(): void;
  /**
   * Settles once it answers.
   *
   * @throws {ExecutorError} `executor/engine-down` where it doesn't within `timeoutMs`
   */
  back(timeoutMs: number, options: CallOptions): Promise<void>;
}

const ANSWER_WITHIN_MS = 5_000;
const LOOK_EVERY_MS = 5_000;
/** Where something waits for it to be back. */
const LOOK_AGAIN_MS = 500;
const ARCHITECTURES: Readonly<Record<string, string>> = { x86_64: "amd64", aarch64: "arm64", armv7l: "arm" };

/** The engine at `host`, which isn't asked for anything before it is started. */
export function createDockerEngine(options: DockerEngineOptions): DockerEngine {
  const { logger } = options;
  const host = options.host ?? process.env["DOCKER_HOST"] ?? "/var/run/docker.sock";
  const docker = connectDocker(host);
  const waiting = new Set<() => void>();
  let info: EngineInfo | undefined;
  let problem: string | undefined = "it was not asked yet";
  let timer: NodeJS.Timeout | undefined;
  let looking: Promise<void> | undefined;
  let started = false;

  async function look(): Promise<void> {
    try {
      const signal = AbortSignal.timeout(ANSWER_WITHIN_MS);
      const found = readInfo(await askInfo(docker, signal));
      change(typeof found === "string" ? found : undefined);
      if (typeof found !== "string") info = found;
    } catch (error) {
      change(`no Docker Engine answers at ${host}: ${explain(error)}`);
    }
  }

  function change(next: string | undefined): void {
    if (next !== problem && started) {
      if (next === undefined) logger.info("the Docker Engine answers", { host });
      else logger.warn("there is no Docker Engine to work with", { host, reason: next });
    }
    const isBack = next === undefined && problem !== undefined;
    problem = next;
    if (next !== undefined) return;
    if (isBack) options.onBack?.();
    for (const resume of waiting) resume();
  }

  function lookSoon(): Promise<void> {
    looking ??= look().finally(() => {
      looking = undefined;
      schedule();
    });
    return looking;
  }

  function schedule(): void {
    clearTimeout(timer);
    if (!started) return;
    const delayMs = problem === undefined || waiting.size === 0 ? LOOK_EVERY_MS : LOOK_AGAIN_MS;
    timer = setTimeout(() => void lookSoon().catch(() => {}), delayMs);
    timer.unref();
  }

  return {
    docker,
    host,
    info: () => info,
    unavailable: () => problem,
    look: lookSoon,
    async start(): Promise<void> {
      started = true;
      await lookSoon();
    },
    stop(): void {
      started = false;
      clearTimeout(timer);
    },
    suspect(): void {
      lookSoon().catch(() => {});
    },
    async back(timeoutMs, { signal }): Promise<void> {
      const outcome = Promise.withResolvers<void>();
      outcome.promise.catch(() => {});
      const abort = (): void => outcome.reject(signal?.reason as Error);
      const late = setTimeout(
        () => outcome.reject(engineDown(`it did not come back within ${timeoutMs / 1000} s`)),
        timeoutMs,
      );
      waiting.add(outcome.resolve);
      signal?.addEventListener("abort", abort, { once: true });
      try {
        signal?.throwIfAborted();
        await lookSoon();
        if (problem !== undefined) await outcome.promise;
      } finally {
        clearTimeout(late);
        waiting.delete(outcome.resolve);
        signal?.removeEventListener("abort", abort);
      }
    },
  };
}

function explain(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  if (code === "ENOENT") return "there is no such socket; is Docker installed, and does it run?";
  if (code === "ECONNREFUSED") return "nothing listens there; does Docker run?";
  if (code === "EACCES") return "this user may not; add it to the group of the socket";
  return isEngineGone(error) ? "the connection broke" : messageOf(error);
}

function askInfo(docker: Docker, abortSignal: AbortSignal): Promise<RawInfo> {
  // Its types don't know the signal.
  const info = docker.info.bind(docker) as (options: object) => Promise<RawInfo>;
  return abortable(info({ abortSignal }), { signal: abortSignal });
}

interface RawInfo {
  readonly OSType?: string;
  readonly Architecture?: string;
  readonly ServerVersion?: string;
  readonly MemoryLimit?: boolean;
  readonly SwapLimit?: boolean;
  readonly PidsLimit?: boolean;
  readonly SecurityOptions?: readonly string[];
  readonly Plugins?: { readonly Log?: readonly string[] };
}

/** What matters of an engine's own account; in words why it can't be worked with. */
function readInfo(raw: RawInfo): EngineInfo | string {
  if (raw.OSType !== undefined && raw.OSType !== "linux")
    return `it runs ${raw.OSType} containers, not Linux`;
  if (raw.MemoryLimit === false) return "it can't limit the memory of containers (rootless on cgroup v1?)";
  const architecture = raw.Architecture ?? "";
  return {
    architecture: ARCHITECTURES[architecture] ?? architecture,
    version: raw.ServerVersion ?? "",
    userNamespace: raw.SecurityOptions?.some((option) => /name=(userns|rootless)/.test(option)) ?? false,
    swapLimit: raw.SwapLimit !== false,
    logDriver: (raw.Plugins?.Log ?? []).includes("local") ? "local" : "json-file",
  };
}
