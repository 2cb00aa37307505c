import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { createClient } from "@gadus/client";
import { type ChildNode, endedError, startChildNode } from "./child-node.ts";
import { CliError, usageError } from "./cli-error.ts";
import type { NodeReady } from "./parent-process.ts";

/** How long a devnet may take until it is ready. */
const READY_TIMEOUT_MS = 60_000;
const LOOK_MS = 25;
const LOOPBACK = "/ip4/127.0.0.1/tcp/0";

export interface DevnetOptions {
  /** Compute nodes. */
  readonly compute: number;
  readonly liars: number;
  readonly liarsAgree?: boolean;
  readonly apiPort: number;
  /** Kept afterwards; absent: a temporary folder. */
  readonly dataDir?: string;
  /** Whether the temporary folder stays. */
  readonly keep?: boolean;
  /** Registries that its nodes pull images from; absent: none, as the network is private. */
  readonly registry?: readonly string[];
}

/** A node of a devnet. */
export interface DevnetNode {
  readonly name: string;
  readonly nodeId: string;
  readonly api: string;
  readonly pid: number;
  readonly liar: boolean;
}

/** A network on this machine. */
export interface Devnet {
  /** Of the requester. */
  readonly api: string;
  readonly dir: string;
  /** The requester, then the compute nodes. */
  readonly nodes: readonly DevnetNode[];
  /** Rejects once a node ends by itself. */
  readonly failed: Promise<never>;
  /** Stops every node, and removes the folder unless it is to be kept. */
  stop(): Promise<void>;
}

/**
 * Starts a requester and compute nodes, each in a process of its own, in a private network on loopback; settles once
 * the requester knows all of them. Whatever goes wrong, nothing is left behind.
 *
 * @throws {CliError} `cli/devnet-failed`
 * @throws the signal's reason, if `signal` aborts
 */
export async function startDevnet(options: DevnetOptions, signal: AbortSignal): Promise<Devnet> {
  if (options.liars > options.compute) {
    throw usageError(
      `Cannot start ${options.liars} liars: there are ${options.compute} compute nodes`,
      "Set --liars lower.",
    );
  }
  const dir = await makeFolder(options.dataDir);
  const children: ChildNode[] = [];
  const keep = options.dataDir !== undefined || options.keep === true;
  const abandon = (): void => {
    for (const child of children) child.kill();
    if (!keep) rmSync(dir, { recursive: true, force: true });
  };
  process.once("exit", abandon);
  const stop = async (): Promise<void> => {
    await Promise.all(children.map((child) => child.stop()));
    if (!keep) await rm(dir, { recursive: true, force: true, maxRetries: 3 });
    process.off("exit", abandon);
  };
  try {
    const timeout = AbortSignal.timeout(READY_TIMEOUT_MS);
    return { ...(await startNodes(dir, options, children, AbortSignal.any([signal, timeout]))), dir, stop };
  } catch (error) {
    await stop();
    signal.throwIfAborted();
    if (error instanceof CliError) throw error;
    const message = `Cannot start the devnet: not ready after ${READY_TIMEOUT_MS / 1000} s`;
    throw error instanceof DOMException
      ? new CliError("cli/devnet-failed", message, { cause: error })
      : error;
  }
}

async function startNodes(
  dir: string,
  options: DevnetOptions,
  children: ChildNode[],
  signal: AbortSignal,
): Promise<Pick<Devnet, "api" | "nodes" | "failed">> {
  const start = async (name: string, args: readonly string[], config: object = {}): Promise<ChildNode> => {
    signal.throwIfAborted();
    const folder = join(dir, name);
    await mkdir(folder, { recursive: true });
    const file = join(folder, "config.yaml");
    await writeFile(file, `${JSON.stringify(config)}\n`);
    const network = ["--swarm-key", join(dir, "swarm.key"), "--listen", LOOPBACK, "--api-host", "127.0.0.1"];
    const place = ["--config", file, "--data-dir", join(folder, "data")];
    const child = startChildNode({
      name,
      args: [...args, ...network, ...place],
      logFile: logFile(dir, name),
    });
    children.push(child);
    return child;
  };
  const requester = await start(
    "requester",
    ["--requester", "--api-port", String(options.apiPort)],
    imageConfig(options),
  );
  const { api, addresses } = await within(signal, requester.ready);
  const bootstrap = addresses.flatMap((address) => ["--bootstrap", address]);
  for (let index = 1; index <= options.compute; index += 1) {
    await start(
      `compute-${index}`,
      ["--compute", "--api-port", "0", ...bootstrap],
      nodeConfig(index, options),
    );
  }
  const failed = Promise.race(children.map((child) => failure(child, dir)));
  failed.catch(() => {});
  const ready = await within(
    signal,
    Promise.race([Promise.all(children.map((child) => child.ready)), failed]),
  );
  await within(signal, Promise.race([allKnown(api, ready.slice(1), signal), failed]));
  return {
    api,
    failed,
    nodes: children.map(({ name, pid }, index) => {
      const { nodeId = "", api: url = "" } = ready[index] ?? {};
      return { name, nodeId, api: url, pid, liar: index > 0 && index <= options.liars };
    }),
  };
}

function nodeConfig(index: number, options: DevnetOptions): object {
  const { liars, liarsAgree } = options;
  const images = imageConfig(options);
  if (index > liars) return images;
  return { ...images, compute: { lie: liarsAgree === true ? "agreeing" : "wrong-result" } };
}

function imageConfig({ registry }: DevnetOptions): object {
  return registry === undefined ? {} : { docker: { registries: registry } };
}

async function allKnown(api: string, nodes: readonly NodeReady[], signal: AbortSignal): Promise<void> {
  const client = createClient({ url: api });
  for (;;) {
    const known = await client.nodes.list({ signal });
    const ids = new Set(
      known.filter(({ Info }) => Info.ComputeNodeInfo !== undefined).map(({ Info }) => Info.NodeID),
    );
    if (nodes.every(({ nodeId }) => ids.has(nodeId))) return;
    await delay(LOOK_MS, undefined, { signal });
  }
}

async function failure(child: ChildNode, dir: string): Promise<never> {
  throw await endedError(child.name, await child.ended, logFile(dir, child.name));
}

function logFile(dir: string, name: string): string {
  return join(dir, name, "serve.log");
}

async function makeFolder(dataDir: string | undefined): Promise<string> {
  const dir = dataDir === undefined ? await mkdtemp(join(tmpdir(), "gadus-devnet-")) : resolve(dataDir);
  await mkdir(dir, { recursive: true });
  const key = `/key/swarm/psk/1.0.0/\n/base16/\n${randomBytes(32).toString("hex")}\n`;
  await writeFile(join(dir, "swarm.key"), key, { flag: "wx", mode: 0o600 }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST") throw error;
    },
  );
  return dir;
}

async function within<T>(signal: AbortSignal, promise: Promise<T>): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const listener = (): void => aborted.reject(signal.reason);
  signal.addEventListener("abort", listener, { once: true });
  if (signal.aborted) listener();
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", listener);
  }
}
