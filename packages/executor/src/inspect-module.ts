import { checkImports } from "./check-module.ts";
import { type CompiledModule, compileModule } from "./compile-module.ts";
import { guestModuleOf } from "./guest-module.ts";
import { KIND } from "./module-declarations.ts";
import { TaskError } from "./task-error.ts";
import { memoryPagesOf, wasmLimits } from "./wasm-limits.ts";
import { WASM_PROFILE } from "./wasm-profile.ts";

/** Whether the `wasm` engine takes a module, and what it makes of it. */
export type ModuleInspection = AdmittedModule | RefusedModule;

export interface RefusedModule {
  readonly admitted: false;
  readonly sizeBytes: number;
  /** What was found, and where. */
  readonly reason: string;
}

export interface AdmittedModule {
  readonly admitted: true;
  /** What it is rewritten for. */
  readonly profile: string;
  readonly sizeBytes: number;
  readonly rewrittenBytes: number;
  /** Of rewriting and compiling it. */
  readonly timeMs: number;
  /** Such as `wasi_snapshot_preview1.fd_write`. */
  readonly imports: readonly string[];
  /** Exported functions that take nothing. */
  readonly entrypoints: readonly string[];
  readonly functions: number;
  /** Undefined where it has none. */
  readonly memory: { readonly initialBytes: number; readonly maxBytes: number } | undefined;
  readonly tables: readonly { readonly initialElements: number; readonly maxElements: number }[];
  readonly startFunction: boolean;
  /** Fuel that goes before its first instruction. */
  readonly startFuel: number;
  /** Custom sections that are left out. */
  readonly stripped: readonly string[];
}

const PAGE_BYTES = 65_536;

/** Inspects the module in `bytes`, called `path`, as it would be for a task that may have `memoryBytes`. */
export async function inspectModule(
  bytes: Uint8Array,
  path: string,
  memoryBytes: number,
): Promise<ModuleInspection> {
  const { maxModuleBytes, maxTableElements, maxFrameSlots } = wasmLimits();
  const sizeBytes = bytes.length;
  if (sizeBytes > maxModuleBytes) {
    const reason = `Cannot run module "${path}": it has ${sizeBytes} bytes, over the limit of ${maxModuleBytes}`;
    return { admitted: false, sizeBytes, reason };
  }
  const maxMemoryPages = memoryPagesOf({ cpuMillis: 0, memoryBytes, diskBytes: 0, gpus: 0 });
  const options = { maxMemoryPages, maxTableElements, maxFrameSlots, linked: false, unchanged: false };
  const startedMs = performance.now();
  try {
    const compiled = await compileModule(bytes, path, options);
    checkImports(guestModuleOf(compiled.module, compiled.report), new Map(), path);
    return describe(compiled, performance.now() - startedMs);
  } catch (error) {
    if (error instanceof TaskError) return { admitted: false, sizeBytes, reason: error.message };
    throw error;
  }
}

function describe({ report }: CompiledModule, timeMs: number): AdmittedModule {
  const { declarations, caps } = report;
  const [memory] = declarations.memories;
  const entrypoints = declarations.exports.filter(
    ({ kind, index }) => kind === KIND.function && declarations.functions[index]?.parameters === "",
  );
  return {
    admitted: true,
    profile: WASM_PROFILE,
    sizeBytes: report.sizeBytes,
    rewrittenBytes: report.rewrittenBytes,
    timeMs: Math.round(timeMs * 10) / 10,
    imports: declarations.imports.map(({ module, name }) => `${module}.${name}`),
    entrypoints: entrypoints.map(({ name }) => name),
    functions: declarations.functions.length - declarations.importedFunctions,
    memory: memory && {
      initialBytes: memory.initial * PAGE_BYTES,
      maxBytes: (caps.memories[0] ?? 0) * PAGE_BYTES,
    },
    tables: declarations.tables.map(({ initial }, index) => ({
      initialElements: initial,
      maxElements: caps.tables[index] ?? initial,
    })),
    startFunction: declarations.start !== undefined,
    startFuel: report.startFuel,
    stripped: report.stripped,
  };
}
