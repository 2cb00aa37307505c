import { type CallOptions, type Logger, silentLogger, type TaskTerms } from "@gadus/protocol";
import type { ScratchFolder } from "@gadus/storage";
import { answerInputs } from "./answer-inputs.ts";
import { ExecutorError } from "./executor-error.ts";
import type { ExecutionEnd, ProcessTask } from "./executor-messages.ts";
import type { Admission, Executor, RunRequest, RunResult } from "./executor.ts";
import { heardOutput } from "./heard-output.ts";
import type { ExecutionHandlers } from "./hosted-execution.ts";
import { ProcessPool, type ProcessPoolOptions } from "./process-pool.ts";
import { ReceivedResults, type ResultLimits } from "./received-results.ts";
import { RunningExecutions } from "./running-executions.ts";
import { isJobsFault } from "./task-error.ts";
import { type WasmLimits, wasmLimits } from "./wasm-limits.ts";
import { WASM_PROFILE } from "./wasm-profile.ts";
import { prepareTask } from "./wasm-task.ts";

export type { WasmLimits } from "./wasm-limits.ts";

/** Options of {@link wasmExecutor}. */
export interface WasmExecutorOptions {
  readonly limits?: Partial<WasmLimits>;
  readonly logger?: Logger;
  /** Of V8, in the processes that run executions. */
  readonly v8Flags?: readonly string[];
  /**
   * Whether the system keeps these processes from the machine's files and network: on Linux, by namespaces. `always`
   * fails to start where it can't, and `auto` runs them all the same.
   *
   * @default "auto"
   */
  readonly confine?: "auto" | "always" | "never";
}

const ENGINE = "wasm";
/** Files that every guest leaves: `stdout` and `stderr`. */
const OUTPUTS = 2;

/**
 * Runs WebAssembly modules that are WASI preview 1 commands, the same bytes on every machine.
 *
 * The guest sees one folder, `/`: inputs are mounted in it, read-only and read when the guest reads them, result
 * paths are empty folders, and all else that it writes is dropped when it ends. Its clock is virtual and its
 * randomness seeded. A trap is exit code 134, and spent fuel 152. A result path's tree is collected as `<name>/...`, as
 * `<name>/<file>` where the guest made a file of it; links and inputs in it are left out.
 */
export function wasmExecutor(options: WasmExecutorOptions = {}): Executor {
  const limits = wasmLimits(options.limits);
  const processes = new ProcessPool(poolOptions(limits, options));
  const running = new RunningExecutions();
  return {
    engine: ENGINE,
    profiles: [WASM_PROFILE],
    facts: () => ({}),
    unavailable: () => undefined,
    async start(): Promise<void> {
      await processes.start();
      running.start();
    },
    async stop(): Promise<void> {
      await running.stop();
      await processes.stop();
    },
    async admit(terms: TaskTerms): Promise<Admission> {
      const reason = reasonAgainst(terms, limits) ?? (processes.up ? undefined : "its process is not up");
      return reason === undefined ? { admitted: true } : { admitted: false, reason };
    },
    run(request: RunRequest, callOptions: CallOptions = {}): Promise<RunResult> {
      return running.run(request.executionId, callOptions, (signal) =>
        runRequest({ processes, limits }, request, signal),
      );
    },
    /** Executor processes end with the one that started them. */
    async removeOrphans(): Promise<void> {},
  };
}

function poolOptions(limits: WasmLimits, options: WasmExecutorOptions): ProcessPoolOptions {
  const { processes, workers } = limits;
  return {
    processes,
    settings: {
      workers: Math.ceil(workers / processes),
      maxRunsPerWorker: limits.maxRunsPerWorker,
      maxHeapMib: limits.maxHeapMib,
      maxWaiting: limits.maxWaiting,
      moduleCacheBytes: limits.moduleCacheBytes,
      moduleCacheEntries: limits.moduleCacheEntries,
    },
    patience: limits,
    restartPauseMs: limits.restartPauseMs,
    maxRestartPauseMs: limits.maxRestartPauseMs,
    v8Flags: options.v8Flags ?? [],
    confine: options.confine ?? "auto",
    logger: options.logger ?? silentLogger,
  };
}

function reasonAgainst(terms: TaskTerms, limits: WasmLimits): string | undefined {
  if (terms.engine !== ENGINE) return `the engine is ${ENGINE}, not ${terms.engine}`;
  if (terms.profile !== WASM_PROFILE) return `the engine's profile is ${WASM_PROFILE}, not ${terms.profile}`;
  if (terms.network.type !== "none") return "WebAssembly tasks have no network";
  const { gpus, diskBytes } = terms.resources;
  if (gpus > 0) return "WebAssembly tasks have no GPU";
  if (diskBytes > limits.maxOutputBytes) {
    return `a task may write ${limits.maxOutputBytes} bytes here, not ${diskBytes}`;
  }
  if (terms.fuel === undefined) return "the task states no fuel";
  return undefined;
}

interface Engine {
  readonly processes: ProcessPool;
  readonly limits: WasmLimits;
}

async function runRequest(
  { processes, limits }: Engine,
  request: RunRequest,
  signal: AbortSignal,
): Promise<RunResult> {
  const { task, volumes } = await prepareTask(limits, request, signal);
  const inputs = answerInputs(volumes, { signal });
  const handlers: ExecutionHandlers = {
    inputs: volumes.length,
    answer: inputs.answer,
    print: heardOutput(limits, request.output),
    results: (taken) => {
      const wanted = (): boolean => inputs.failure() === undefined;
      const ports = { results: request.results, wanted, taken };
      return new ReceivedResults(resultLimits(limits, task), ports, { signal });
    },
  };
  try {
    const executorProcess = await processes.choose(signal);
    const end = await executorProcess.run(task, handlers, signal);
    processes.ran(executorProcess);
    const failure = inputs.failure();
    if (failure !== undefined) throw failure;
    return await resultOf(request.results, end, signal);
  } finally {
    inputs.close();
  }
}

async function resultOf(results: ScratchFolder, end: ExecutionEnd, signal: AbortSignal): Promise<RunResult> {
  if (end.kind === "stopped") throw engineDown("it was stopped");
  if (end.kind === "refused") throw refusal(end);
  const { exitCode, stdoutTruncated, stderrTruncated, fuelUsed, memoryPeakBytes } = end;
  await results.write("exitCode", new TextEncoder().encode(String(exitCode)), { signal });
  return { exitCode, stdoutTruncated, stderrTruncated, usage: { fuel: fuelUsed, memoryPeakBytes } };
}

function resultLimits(
  limits: WasmLimits,
  { results, limits: { maxOutputBytes, maxResultDepth } }: ProcessTask,
): ResultLimits {
  return {
    maxResultDepth,
    maxStdoutBytes: limits.maxStdoutBytes,
    maxStderrBytes: limits.maxStderrBytes,
    maxOutputBytes,
    maxFiles: limits.maxNodes + OUTPUTS,
    names: results.map(({ name }) => name),
  };
}

function refusal({ reason, message, field }: ExecutionEnd & { kind: "refused" }): ExecutorError {
  const blame = isJobsFault(reason) ? "job" : "nobody";
  return new ExecutorError(`executor/${reason}`, message, { blame, ...(field !== undefined && { field }) });
}

function engineDown(state: string): ExecutorError {
  return new ExecutorError("executor/engine-down", `Cannot run on the wasm engine: ${state}`);
}
