import {
  type CallOptions,
  type Logger,
  type ReadableVolume,
  silentLogger,
  type TaskTerms,
  type WasmParams,
  wasmParamsSchema,
} from "@gadus/protocol";
import { abortable } from "./abortable.ts";
import { answerInputs, rootOf } from "./answer-inputs.ts";
import { checkEntrypoint } from "./compile-module.ts";
import { ExecutorError } from "./executor-error.ts";
import type { Admission, Executor, MountedInput, RunRequest, RunResult } from "./executor.ts";
import type { GuestOutcome, GuestTask } from "./guest-task.ts";
import { WASM_PROFILE } from "./inspect-module.ts";
import { type LoadedModules, loadModules } from "./load-modules.ts";
import { ModuleCache } from "./module-cache.ts";
import type { CompileOptions } from "./rewrite-options.ts";
import { RunningExecutions } from "./running-executions.ts";
import { compareNames } from "./tree-node.ts";
import { memoryPagesOf, outputBytesOf, type WasmLimits, wasmLimits } from "./wasm-limits.ts";
import { WorkerPool } from "./worker-pool.ts";
import { writeResults } from "./write-results.ts";

export { type AdmittedModule, inspectModule, type ModuleInspection } from "./inspect-module.ts";
export type { WasmLimits } from "./wasm-limits.ts";

/** Options of {@link wasmExecutor}. */
export interface WasmExecutorOptions {
  readonly limits?: Partial<WasmLimits>;
  readonly logger?: Logger;
}

const ENGINE = "wasm";
/** Of a task that states none, as one does that no requester has resolved: all that a number can say. */
const UNSTATED_FUEL = Number.MAX_SAFE_INTEGER;
const RESERVED_NAMES: ReadonlySet<string> = new Set(["", ".", "..", "stdout", "stderr", "exitCode"]);

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
  const logger = options.logger ?? silentLogger;
  const pool = new WorkerPool({ ...limits, logger });
  const modules = new ModuleCache(limits.moduleCacheBytes, limits.moduleCacheEntries);
  const running = new RunningExecutions();
  return {
    engine: ENGINE,
    profiles: [WASM_PROFILE],
    async start(): Promise<void> {
      await pool.start();
      running.start();
    },
    async stop(): Promise<void> {
      await running.stop();
      await pool.stop();
    },
    async admit(terms: TaskTerms): Promise<Admission> {
      const reason = reasonAgainst(terms, limits);
      return reason === undefined ? { admitted: true } : { admitted: false, reason };
    },
    run(request: RunRequest, callOptions: CallOptions = {}): Promise<RunResult> {
      return running.run(request.executionId, callOptions, (signal) =>
        runRequest({ pool, modules, limits }, request, signal),
      );
    },
  };
}

function reasonAgainst(terms: TaskTerms, limits: WasmLimits): string | undefined {
  if (terms.engine !== ENGINE) return `the engine is ${ENGINE}, not ${terms.engine}`;
  if (terms.profile !== WASM_PROFILE) return `the engine's profile is ${WASM_PROFILE}, not ${terms.profile}`;
  if (terms.network.type !== "none") return "WebAssembly tasks have no network";
  if (terms.resources.gpus > 0) return "WebAssembly tasks have no GPU";
  if (outputBytesOf(terms.resources) > limits.maxOutputBytes) {
    return `a task may write ${limits.maxOutputBytes} bytes here, not ${outputBytesOf(terms.resources)}`;
  }
  return undefined;
}

interface Engine {
  readonly pool: WorkerPool;
  readonly modules: ModuleCache;
  readonly limits: WasmLimits;
}

async function runRequest(engine: Engine, request: RunRequest, signal: AbortSignal): Promise<RunResult> {
  const params = parseParams(request);
  const source = {
    inputs: request.inputs,
    path: params.entryModule,
    field: "Engine.Params.EntryModule",
    maxBytes: engine.limits.maxModuleBytes,
    options: compileOptionsOf(engine.limits, request, params),
  };
  const loading = Promise.all([
    loadModules(engine.modules, source, params.importModules, { signal }),
    ...request.inputs.map((input) => rootOf(input, { signal })),
  ]);
  const [modules, ...roots] = await abortable(loading, { signal });
  checkEntrypoint(modules.guest, params.entrypoint, params.entryModule);
  const mounts = request.inputs.map(({ target }, index) => ({ target, entry: roots[index] ?? MISSING }));
  const surroundings = surroundingsOf(request);
  const inputs = answerInputs([...request.inputs, ...surroundings.inputs], { signal });
  const task = { ...guestTask(engine.limits, request, { params, modules, mounts }), ...surroundings.task };
  const outcome = await engine.pool.run(task, inputs.answer, { signal }).finally(() => inputs.close());
  const failure = inputs.failure();
  if (failure !== undefined) throw failure;
  if (outcome.kind !== "ended") throw errorOf(outcome, params.entryModule);
  await writeResults(request.results, outcome, { signal });
  const { exitCode, stdoutTruncated, stderrTruncated, fuelUsed, memoryPeakBytes } = outcome;
  return { exitCode, stdoutTruncated, stderrTruncated, usage: { fuel: fuelUsed, memoryPeakBytes } };
}

/** Modules that are linked share memory and table entries in equal parts. */
function compileOptionsOf(
  { maxTableElements, maxFrameSlots }: WasmLimits,
  { task, local }: RunRequest,
  { importModules }: WasmParams,
): CompileOptions {
  const modules = 1 + importModules.length;
  return {
    unchanged: local?.unchanged === true,
    maxMemoryPages: Math.floor(memoryPagesOf(task.terms.resources) / modules),
    maxTableElements: Math.floor(maxTableElements / modules),
    maxFrameSlots,
    linked: modules > 1,
  };
}

const MISSING = { name: "", kind: "folder", sizeBytes: 0 } as const;

function parseParams({ task }: RunRequest): WasmParams {
  const parsed = wasmParamsSchema.safeParse(task.details.engineParams);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw invalidParams(`Engine.Params.${issue?.path.join(".") ?? ""}`, issue?.message ?? "invalid");
  }
  for (const { name } of task.details.resultPaths) {
    if (RESERVED_NAMES.has(name) || /[/\u0000-\u001f\u007f]/u.test(name)) {
      throw invalidParams("ResultPaths", `"${name}" can't be the name of a result folder`);
    }
  }
  return parsed.data;
}

function guestTask(
  limits: WasmLimits,
  { task: { terms, details }, local }: RunRequest,
  given: Pick<GuestTask, "mounts"> & { readonly params: WasmParams; readonly modules: LoadedModules },
): GuestTask {
  const { params, modules, mounts } = given;
  const { maxStdoutBytes, maxStderrBytes, maxOpenFiles, maxNodes } = limits;
  return {
    module: modules.guest.module,
    libraries: modules.libraries,
    startFuel: local?.unchanged ? 0 : modules.all.reduce((sum, { report }) => sum + report.startFuel, 0),
    mounts,
    entrypoint: params.entrypoint,
    args: ["", ...params.parameters],
    environment: Object.entries(details.environment)
      .sort(([a], [b]) => compareNames(a, b))
      .map(([name, value]) => `${name}=${value}`),
    stdin: { text: params.stdin ?? "" },
    epochMs: details.epochMs,
    seed: details.seed,
    results: details.resultPaths,
    preopens: [{ name: "/", mount: undefined }],
    limits: {
      maxStdoutBytes,
      maxStderrBytes,
      maxOpenFiles,
      maxNodes,
      fuel: terms.fuel ?? UNSTATED_FUEL,
      outputOverflow: params.outputOverflow ?? "truncate",
      maxFrameSlots: limits.maxFrameSlots,
      maxOutputBytes: Math.min(outputBytesOf(terms.resources), limits.maxOutputBytes),
    },
  };
}

/** What a run outside a job has, as inputs after the task's own. */
function surroundingsOf({ inputs, local = {} }: RunRequest): {
  readonly inputs: readonly MountedInput[];
  readonly task: Partial<GuestTask>;
} {
  const more: MountedInput[] = [];
  const add = (target: string, volume: ReadableVolume): number => {
    more.push({ target, volume, cid: undefined });
    return inputs.length + more.length - 1;
  };
  const stdin = local.stdin && { mount: add("standard input", local.stdin) };
  const preopens = local.preopens?.map(({ name, volume }) => ({
    name,
    mount: volume && add(name, volume),
  }));
  return { inputs: more, task: { ...(stdin && { stdin }), ...(preopens && { preopens }) } };
}

function errorOf(outcome: Exclude<GuestOutcome, { kind: "ended" }>, path: string): ExecutorError {
  const message = `Cannot run module "${path}": ${outcome.state}`;
  if (outcome.kind === "broken") return new ExecutorError("executor/engine-down", message);
  return new ExecutorError(`executor/${outcome.reason}`, message, { blame: "job" });
}

function invalidParams(field: string, state: string): ExecutorError {
  return new ExecutorError("executor/invalid-params", `Cannot run the task: ${field}: ${state}`, {
    blame: "job",
    field,
  });
}
