import { readdirSync, readFileSync } from "node:fs";

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

function parentOf(pid: number): number | undefined {
  try {
    const [, state, parent] = /\) (\S) (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, "utf8")) ?? [];
    return state === "Z" || state === "X" ? undefined : Number(parent);
  } catch {
    return undefined;
  }
}
