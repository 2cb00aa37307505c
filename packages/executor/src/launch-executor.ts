import { type ChildProcess, spawn } from "node:child_process";
import { Duplex } from "node:stream";
import { fileURLToPath } from "node:url";
import { confine, type Confinement } from "./confine-process.ts";
import { CHANNEL_FD } from "./executor-messages.ts";

/** How executor processes are started. */
export interface LaunchOptions {
  /** Of V8, beside those that every executor process has. */
  readonly v8Flags: readonly string[];
}

/** A process that has been started. */
export interface LaunchedProcess {
  readonly child: ChildProcess;
  /** To and from it. */
  readonly channel: Duplex;
}

/**
 * A program's hot loop is often in a function that is called once, which V8 never replaces while it runs: without a
 * baseline tier each function is compiled well when it is first called. And `gc()`, see `reclaimMemory`.
 */
const V8_FLAGS = ["--no-liftoff", "--expose-gc"];

/**
 * Starts a process that has no environment, and of the node's descriptors none but a channel.
 *
 * @throws where this machine has nothing left to start one with
 */
export function launchExecutor({ v8Flags }: LaunchOptions, confinement: Confinement): LaunchedProcess {
  const visible = { program: process.execPath, folder: fileURLToPath(new URL("..", import.meta.url)) };
  const args = [...V8_FLAGS, ...v8Flags, "--no-warnings", processFile()];
  const command = confine(confinement, visible, args);
  const child = spawn(command.file, command.args, {
    cwd: "/",
    env: {},
    // A group of its own, which no terminal sends signals to.
    detached: true,
    stdio: ["ignore", "ignore", "pipe", "pipe"],
  });
  const streams: ChildProcess["stdio"] | undefined = child.stdio;
  // A pipe beside the standard three goes both ways.
  const channel = streams?.[CHANNEL_FD];
  if (channel instanceof Duplex) return { child, channel };
  // Why there is none is also told by an event, which nobody else waits for.
  child.on("error", () => {});
  throw new Error("there are no file descriptors left");
}

/** The process's own file stands beside this one, in the same language. */
function processFile(): string {
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  return fileURLToPath(new URL(`./wasm-process.${extension}`, import.meta.url));
}
