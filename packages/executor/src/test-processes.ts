import { readdirSync, readFileSync } from "node:fs";
import type { ReadableVolume } from "@gadus/protocol";
import { memoryVolume } from "@gadus/storage/memory";
import { mounted } from "./conformance.ts";
import type { Executor, RunResult } from "./executor.ts";
import { builtModule, wasmRequest } from "./test-wasm.ts";

/** What an execution fails with whose process is gone. */
export const ENGINE_DOWN = { code: "executor/engine-down", blame: "nobody" };
/** For what comes to be by itself. */
export const WITHIN = { timeout: 15_000 };

/** Processes that `parent` started and that still run, by the ends of their command lines. */
export function childrenOf(parent: number, commandEnd: RegExp): readonly number[] {
  return readdirSync("/proc")
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && parentOf(pid) === parent)
    .filter((pid) => commandEnd.test(readFileSync(`/proc/${pid}/cmdline`, "utf8").replace(/\0$/, "")));
}

/** How the command line of an executor process ends. */
export const EXECUTOR_PROCESS = /wasm-process\.[jt]s$/;

/** Executor processes of this process. */
export function executorProcesses(): readonly number[] {
  return childrenOf(process.pid, EXECUTOR_PROCESS);
}

/** Whether `pid` runs; one that waits to be looked after doesn't. */
export function isRunning(pid: number): boolean {
  return parentOf(pid) !== undefined;
}

/** Its process; there is one executor at a time. */
export function processOf(): number {
  const [pid] = executorProcesses();
  if (pid === undefined) throw new Error("There is no executor process");
  return pid;
}

/** An input whose reads are known to have begun, and never end. */
function stuckInput(): { readonly volume: ReadableVolume; readonly asked: Promise<void> } {
  const asked = Promise.withResolvers<void>();
  const read = (): Promise<Uint8Array> => {
    asked.resolve();
    return new Promise(() => {});
  };
  return { volume: { ...memoryVolume({ "": "content" }), read }, asked: asked.promise };
}

/** A run that waits for an input. */
export async function waitingRun(
  executor: Executor,
  signal?: AbortSignal,
): Promise<{ readonly running: Promise<RunResult> }> {
  const probe = await builtModule("probe");
  const { volume, asked } = stuckInput();
  const inputs = [mounted("/data", volume)];
  const request = await wasmRequest(probe, { args: ["peek", "/data", "0", "4"], inputs });
  const running = executor.run(request, signal && { signal });
  running.catch(() => {});
  await asked;
  return { running };
}

function parentOf(pid: number): number | undefined {
  try {
    const [, state, parent] = /\) (\S) (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, "utf8")) ?? [];
    return state === "Z" || state === "X" ? undefined : Number(parent);
  } catch {
    return undefined;
  }
}
