import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Client, createClient } from "@gadus/client";
import { type Launched, launchServe } from "../e2e/gadus.ts";
import type { NodeReady } from "../src/parent-process.ts";
import { freePorts } from "./free-ports.ts";

/** A node that can be killed, and started again on the same folder and ports. */
export interface ClusterNode {
  readonly name: string;
  readonly nodeId: string;
  readonly api: Client;
  /** Settles once the process of now serves. */
  ready(): Promise<unknown>;
  /** Kills the process at once, whether it serves yet or not, and settles when it is gone. */
  kill(): Promise<void>;
  /** Stops the process as an operator would; answers its exit code. */
  end(): Promise<number | null>;
  /** Starts it again. */
  start(): void;
}

/** One requester and some compute nodes, each a process, in a private network. */
export interface Cluster {
  readonly requester: ClusterNode;
  readonly compute: readonly ClusterNode[];
  /** How processes ended that no one killed, with the last lines of their logs. */
  readonly crashes: readonly string[];
  stop(): Promise<void>;
}

/** Starts a cluster in a temporary folder; settles once all serve and know each other. `settings` are the requester's. */
export async function startCluster(
  computeNodes: number,
  settings: Readonly<Record<string, number>> = {},
): Promise<Cluster> {
  const folder = mkdtempSync(join(tmpdir(), "gadus-faults-"));
  const key = join(folder, "swarm.key");
  writeFileSync(key, `/key/swarm/psk/1.0.0/\n/base16/\n${randomBytes(32).toString("hex")}\n`);
  const config = join(folder, "requester.yaml");
  writeFileSync(config, JSON.stringify({ requester: settings }));
  const ports = await freePorts(2 * (computeNodes + 1));
  const crashes: string[] = [];
  const begun: Process[] = [];
  const begin = async (name: string, index: number, ...args: readonly string[]): Promise<ClusterNode> => {
    const own = ["--data-dir", join(folder, name), "--api-port", String(ports[2 * index])];
    const listen = ["--listen", `/ip4/127.0.0.1/tcp/${ports[2 * index + 1]}`];
    const process = makeProcess(name, ["--swarm-key", key, ...own, ...listen, ...args], crashes);
    begun.push(process);
    const { nodeId, api, addresses: known } = await process.ready();
    addresses.push(...known);
    return { ...process, name, nodeId, api: createClient({ url: api }) };
  };
  const stop = async (): Promise<void> => {
    await Promise.all(begun.map((process) => process.end()));
    rmSync(folder, { recursive: true, force: true });
  };
  const addresses: string[] = [];
  try {
    const requester = await begin("requester", 0, "--requester", "--config", config);
    const bootstrap = addresses.flatMap((address) => ["--bootstrap", address]);
    const names = Array.from({ length: computeNodes }, (_, index) => `compute-${index + 1}`);
    const compute = await Promise.all(
      names.map((name, index) => begin(name, index + 1, "--compute", ...bootstrap)),
    );
    await allConnected(requester.api, computeNodes);
    return { requester, compute, crashes, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

interface Process extends Pick<ClusterNode, "kill" | "end" | "start"> {
  ready(): Promise<NodeReady>;
}

function makeProcess(name: string, args: readonly string[], crashes: string[]): Process {
  let isWanted = true;
  let launched = launch();

  function launch(): Launched<NodeReady> {
    isWanted = true;
    const started = launchServe("--log-level", "warn", ...args);
    started.ready.catch(() => {});
    started.process.once("exit", (code, signal) => {
      if (isWanted) crashes.push(`${name} ended by itself with ${code ?? signal}:\n${started.log()}`);
    });
    return started;
  }

  function endBy(signal: NodeJS.Signals): Promise<number | null> {
    isWanted = false;
    return launched.end(signal);
  }

  return {
    ready: () => launched.ready,
    kill: async () => void (await endBy("SIGKILL")),
    end: () => endBy("SIGTERM"),
    start: () => {
      launched = launch();
    },
  };
}

const CHECK_MS = 50;

/** Settles once the requester knows `count` nodes that offer to run jobs. */
async function allConnected(api: Client, count: number): Promise<void> {
  for (;;) {
    const nodes = await api.nodes.list();
    const offering = nodes.filter(({ Info }) => Info.ComputeNodeInfo !== undefined);
    if (offering.length >= count) return;
    await new Promise((resolve) => setTimeout(resolve, CHECK_MS));
  }
}
