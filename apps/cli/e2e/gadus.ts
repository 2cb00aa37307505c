import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { NodeReady } from "../src/parent-process.ts";
import type { DevnetNode } from "../src/start-devnet.ts";

/** The command of this checkout. */
export const GADUS = fileURLToPath(new URL("../../../bin/gadus", import.meta.url));
/** Lines of a process's log that an error quotes. */
const LOG_LINES = 40;

export interface Ended {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What `gadus devnet --output json` prints. */
export interface DevnetReady {
  readonly ready: true;
  readonly api: string;
  readonly dir: string;
  readonly nodes: readonly DevnetNode[];
}

/** A `gadus` process that goes on until it is told to stop. */
export interface Running<Ready> extends Omit<Launched<Ready>, "ready"> {
  readonly ready: Ready;
}

/** A `gadus` process that may still be starting. */
export interface Launched<Ready> {
  /** Rejects where it ends before it is ready. */
  readonly ready: Promise<Ready>;
  readonly process: ChildProcess;
  /** The last lines of its log. */
  log(): string;
  /** Sends `signal`, and settles with the exit code. */
  end(signal?: NodeJS.Signals): Promise<number | null>;
}

/** Runs `gadus` to its end. */
export async function gadus(
  args: readonly string[],
  options: { readonly api?: string; readonly input?: string | Uint8Array } = {},
): Promise<Ended> {
  const child = spawn(GADUS, args, {
    env: { ...process.env, ...(options.api !== undefined && { GADUS_API: options.api }) },
  });
  child.stdin.on("error", () => {});
  child.stdin.end(options.input ?? "");
  const [stdout, stderr, [exitCode]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "exit") as Promise<[number]>,
  ]);
  return { exitCode, stdout, stderr };
}

/** `ended`, where it ended well. */
export function succeeded(ended: Ended): Ended {
  if (ended.exitCode === 0) return ended;
  throw new Error(`gadus ended with exit code ${ended.exitCode}:\n${ended.stderr}${ended.stdout}`);
}

/** Starts `gadus devnet`; settles once it is ready. */
export async function startDevnet(...args: readonly string[]): Promise<Running<DevnetReady>> {
  return await start<DevnetReady>(["devnet", "--api-port", "0", "--output", "json", ...args]);
}

/** Starts `gadus serve`; settles once it is ready. */
export async function startServe(...args: readonly string[]): Promise<Running<NodeReady>> {
  return await start<NodeReady>(["serve", "--output", "json", ...args]);
}

async function start<Ready>(args: readonly string[]): Promise<Running<Ready>> {
  const { ready, ...launched } = launch<Ready>(args);
  return { ready: await ready, ...launched };
}

/** Starts `gadus serve`, and does not wait: it can be killed before it is ready. */
export function launchServe(...args: readonly string[]): Launched<NodeReady> {
  return launch<NodeReady>(["serve", "--output", "json", ...args]);
}

function launch<Ready>(args: readonly string[]): Launched<Ready> {
  const child = spawn(GADUS, args, { stdio: ["ignore", "pipe", "pipe"] });
  const exited = once(child, "exit") as Promise<[number | null]>;
  const log: string[] = [];
  createInterface(child.stderr).on("line", (line) => {
    log.push(line);
    if (log.length > LOG_LINES) log.shift();
  });
  const first = once(createInterface(child.stdout), "line") as Promise<[string]>;
  const ready = Promise.race([first, exited.then(() => undefined)]).then((line) => {
    if (line !== undefined) return JSON.parse(line[0]) as Ready;
    throw new Error(`gadus ${args.join(" ")} ended before it was ready:\n${log.join("\n")}`);
  });
  return {
    ready,
    process: child,
    log: () => log.join("\n"),
    async end(signal = "SIGINT") {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal);
      return (await exited)[0];
    },
  };
}

const CHECK_MS = 20;

/** Settles once no process has any of `pids`. They are no children of this one, so there is no event to wait for. */
export async function processesGone(pids: readonly number[]): Promise<void> {
  while (pids.some(isAlive)) await new Promise((resolve) => setTimeout(resolve, CHECK_MS));
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
