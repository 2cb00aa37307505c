import { checkImports } from "./check-module.ts";
import { compileModule } from "./compile-module.ts";
import { type GuestModule, guestModuleOf } from "./guest-module.ts";
import { KIND } from "./module-declarations.ts";
import { addNamespaces } from "./module-namespaces.ts";
import type { RewriteCounts } from "./rewrite-emit.ts";
import type { RewriteReport } from "./rewrite-module.ts";
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
  /** What was put into its code. */
  readonly rewriting: Readonly<RewriteCounts>;
}

/** What a module is inspected for. */
export interface InspectionOptions {
  /** What the task asks for, for all its modules; 0 where it says nothing. */
  readonly memoryBytes: number;
  /** Modules that it may import from, each by its names in the task, and from those before it. @default none */
  readonly libraries?: readonly { readonly path: string; readonly bytes: Uint8Array }[];
}

const PAGE_BYTES = 65_536;

/** Inspects the module in `bytes`, called `path`, as it would be for a task of these `options`. */
export async function inspectModule(
  bytes: Uint8Array,
  path: string,
  options: InspectionOptions,
): Promise<ModuleInspection> {
  try {
    const known = new Map<string, GuestModule>();
    for (const [index, library] of (options.libraries ?? []).entries()) {
      const { guest } = await load(library, options);
      checkImports(guest, known, library.path);
      addNamespaces(known, guest, { path: library.path, index });
    }
    const startedMs = performance.now();
    const { report, guest } = await load({ path, bytes }, options);
    const timeMs = performance.now() - startedMs;
    checkImports(guest, known, path);
    return describe(report, timeMs);
  } catch (error) {
    if (error instanceof TaskError)
      return { admitted: false, sizeBytes: bytes.length, reason: error.message };
    throw error;
  }
}

/** Modules that are linked share memory and table entries in equal parts. */
async function load(
  { path, bytes }: { readonly path: string; readonly bytes: Uint8Array },
  { memoryBytes, libraries = [] }: InspectionOptions,
): Promise<{ readonly report: RewriteReport; readonly guest: GuestModule }> {
  const { maxModuleBytes, maxTableElements, maxFrameSlots } = wasmLimits();
  if (bytes.length > maxModuleBytes) {
    const state = `it has ${bytes.length} bytes, over the limit of ${maxModuleBytes}`;
    throw new TaskError("invalid-module", `Cannot run module "${path}": ${state}`);
  }
  const modules = 1 + libraries.length;
  const resources = { cpuMillis: 0, memoryBytes, diskBytes: 0, gpus: 0 };
  const { module, report } = await compileModule(bytes, path, {
    maxMemoryPages: Math.floor(memoryPagesOf(resources) / modules),
    maxTableElements: Math.floor(maxTableElements / modules),
    maxFrameSlots,
    linked: modules > 1,
    unchanged: false,
  });
  return { report, guest: guestModuleOf(module, report) };
}

function describe(report: RewriteReport, timeMs: number): AdmittedModule {
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
    rewriting: report.counts,
  };
}
