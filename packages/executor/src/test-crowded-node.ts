// A node whose executor process ends while nothing more can be opened; it says when another is there.
import { closeSync, openSync, readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { type Logger, silentLogger, type TaskTerms } from "@gadus/protocol";
import { childrenOf, EXECUTOR_PROCESS } from "./test-processes.ts";
import { wasmExecutor } from "./wasm.ts";

/** What it is told through its input. */
export interface CrowdedTask {
  /** Of a task that it is to admit in the end. */
  readonly terms: TaskTerms;
}

const { terms } = JSON.parse(readFileSync(0, "utf8")) as CrowdedTask;
const failed = Promise.withResolvers<void>();
const logger: Logger = {
  ...silentLogger,
  error: (message) => {
    if (message === "an executor process can't be started again") failed.resolve();
  },
};
const limits = { workers: 1, restartPauseMs: 1, maxRestartPauseMs: 10 };
const executor = wasmExecutor({ limits, logger, confine: "never" });
await executor.start();
const [pid] = childrenOf(process.pid, EXECUTOR_PROCESS);
if (pid === undefined) throw new Error("There is no executor process");
const open: number[] = [];
try {
  for (;;) open.push(openSync("/dev/null", "r"));
} catch {
  process.kill(pid, "SIGKILL");
}
await failed.promise;
for (const fd of open) closeSync(fd);
while (!(await executor.admit(terms)).admitted) await pause(1);
process.stdout.write("up again\n");
await executor.stop();
