import type { ReadableVolume, WasmParams } from "@gadus/protocol";
import { MAX_RESULT_DEPTH, wasmParamsSchema } from "@gadus/protocol";
import { abortable } from "./abortable.ts";
import { rootOf } from "./answer-inputs.ts";
import { ExecutorError } from "./executor-error.ts";
import type { ProcessTask } from "./executor-messages.ts";
import type { MountedInput, RunRequest } from "./executor.ts";
import type { CompileOptions } from "./rewrite-options.ts";
import { compareNames } from "./tree-node.ts";
import { memoryPagesOf, type WasmLimits } from "./wasm-limits.ts";

/** A task as an executor process takes it. */
export interface PreparedTask {
  readonly task: ProcessTask;
  /** Its inputs as it counts them. */
  readonly volumes: readonly MountedInput[];
}

/** Of a task that states none, as one does that no requester has resolved: all that a number can say. */
const UNSTATED_FUEL = Number.MAX_SAFE_INTEGER;
const RESERVED_NAMES: ReadonlySet<string> = new Set(["", ".", "..", "stdout", "stderr", "exitCode"]);
const MISSING = { name: "", kind: "folder", sizeBytes: 0 } as const;

/**
 * What `request` asks an executor process to run.
 *
 * @throws {ExecutorError} `executor/invalid-params`, `executor/input-failed`
 * @throws the signal's reason
 */
export async function prepareTask(
  limits: WasmLimits,
  request: RunRequest,
  signal: AbortSignal,
): Promise<PreparedTask> {
  const params = parseParams(request);
  const stating = Promise.all(request.inputs.map((input) => rootOf(input, { signal })));
  const roots = await abortable(stating, { signal });
  const mounts = request.inputs.map(({ target, cid }, index) => {
    return { target, entry: roots[index] ?? MISSING, ...(cid !== undefined && { cid }) };
  });
  const surroundings = surroundingsOf(request);
  return {
    task: { ...processTask(limits, request, { params, mounts }), ...surroundings.task },
    volumes: [...request.inputs, ...surroundings.inputs],
  };
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

function processTask(
  limits: WasmLimits,
  request: RunRequest,
  { params, mounts }: Pick<ProcessTask, "mounts"> & { readonly params: WasmParams },
): ProcessTask {
  const { terms, details } = request.task;
  const { maxStdoutBytes, maxStderrBytes, maxOpenFiles, maxNodes } = limits;
  return {
    modules: {
      entry: params.entryModule,
      imports: params.importModules,
      maxModuleBytes: limits.maxModuleBytes,
      options: compileOptionsOf(limits, request, params),
    },
    mounts,
    entrypoint: params.entrypoint,
    args: ["", ...params.parameters],
    environment: Object.entries(details.environment)
      .sort(([a], [b]) => compareNames(a, b))
      .map(([name, value]) => `${name}=${value}`),
    stdin: { text: params.stdin ?? "" },
    epochMs: details.epochMs,
    seed: Buffer.from(details.seed).toString("hex"),
    results: details.resultPaths,
    preopens: [{ name: "/", mount: undefined }],
    live: request.output !== undefined,
    limits: {
      maxStdoutBytes,
      maxStderrBytes,
      maxOpenFiles,
      maxNodes,
      maxResultDepth: MAX_RESULT_DEPTH,
      fuel: terms.fuel ?? UNSTATED_FUEL,
      outputOverflow: params.outputOverflow ?? "truncate",
      maxFrameSlots: limits.maxFrameSlots,
      maxOutputBytes: Math.min(terms.resources.diskBytes, limits.maxOutputBytes),
    },
  };
}

/** What a run outside a job has, as inputs after the task's own. */
function surroundingsOf({ inputs, local = {} }: RunRequest): {
  readonly inputs: readonly MountedInput[];
  readonly task: Partial<ProcessTask>;
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

function invalidParams(field: string, state: string): ExecutorError {
  return new ExecutorError("executor/invalid-params", `Cannot run the task: ${field}: ${state}`, {
    blame: "job",
    field,
  });
}
