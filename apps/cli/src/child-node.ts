import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { CliError } from "./cli-error.ts";
import { isNodeReady, type NodeReady } from "./parent-process.ts";

/** V8 lets a heap grow far beyond what lives in it; a node keeps to what it needs, as `bin/gadus` does. */
const SMALL_HEAP = ["--max-semi-space-size=4", "--heap-growing-percent=40"];
/** The C library keeps memory that was freed for each of its arenas; by default it makes eight for each core. */
const MEMORY_ENVIRONMENT = { MALLOC_ARENA_MAX: "2" };

/** How long a node may take to stop before it is killed. */
const STOP_GRACE_MS = 10_000;
const LOG_TAIL_LINES = 15;

export interface ChildNodeOptions {
  readonly name: string;
  /** Arguments of `gadus serve`. */
  readonly args: readonly string[];
  /** Where its output and its log go. */
  readonly logFile: string;
}

/** A node in a process of its own, which never outlives this one. */
export interface ChildNode {
  readonly name: string;
  readonly pid: number;
  /**
   * Settles once the node serves.
   *
   * @throws {CliError} `cli/devnet-failed` with its last log lines, if it ends before
   */
  readonly ready: Promise<NodeReady>;
  /** Settles with how the process ended, such as `exit code 1`. */
  readonly ended: Promise<string>;
  /** Stops the node, and kills it if it takes too long. */
  stop(): Promise<void>;
  /** Kills it at once. */
  kill(): void;
}

/** Starts `gadus serve` in a process of its own, on the same Node with the same options. */
export function startChildNode({ name, args, logFile }: ChildNodeOptions): ChildNode {
  const log = openSync(logFile, "a");
  const main = fileURLToPath(new URL("./main.js", import.meta.url));
  // A session of its own: Ctrl-C reaches only the parent, which then stops its nodes in order.
  const child = spawn(
    process.execPath,
    [...process.execArgv, ...SMALL_HEAP, main, "serve", "--end-with-parent", ...args],
    {
      stdio: ["ignore", log, log, "ipc"],
      detached: true,
      env: childEnvironment(process.env),
    },
  );
  closeSync(log);
  const ended = once(child, "exit").then(
    ([code, signal]) => (typeof signal === "string" ? `signal ${signal}` : `exit code ${String(code)}`),
    (error: Error) => error.message,
  );
  const ready = Promise.withResolvers<NodeReady>();
  child.on("message", (message) => {
    if (isNodeReady(message)) ready.resolve(message);
  });
  const failed = ended.then(async (how) => ready.reject(await endedError(name, how, logFile)));
  failed.catch(ready.reject);
  ready.promise.catch(() => {});
  return {
    name,
    pid: child.pid ?? 0,
    ready: ready.promise,
    ended,
    kill: () => void child.kill("SIGKILL"),
    async stop() {
      child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), STOP_GRACE_MS);
      await ended;
      clearTimeout(timer);
    },
  };
}

/** The error of a node that ended by itself: how, and its last log lines. */
export async function endedError(name: string, how: string, logFile: string): Promise<CliError> {
  const log = await readFile(logFile, "utf8").catch(() => "");
  const tail = log.trimEnd().split("\n").slice(-LOG_TAIL_LINES);
  const lines = tail.map((line) => `  | ${line}`).join("\n");
  return new CliError(
    "cli/devnet-failed",
    `Cannot go on: ${name} ended by itself with ${how}; its last lines:\n${lines}`,
  );
}

/** The environment without this machine's own node configuration. */
function childEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const isForeign = (name: string): boolean => name.startsWith("GADUS_") && !name.startsWith("GADUS_LOG");
  return {
    ...MEMORY_ENVIRONMENT,
    ...Object.fromEntries(Object.entries(env).filter(([name]) => !isForeign(name))),
  };
}
