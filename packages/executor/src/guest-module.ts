import { KIND, type ModuleDeclarations } from "./module-declarations.ts";
import type { ModuleImport } from "./module-imports.ts";
import type { FunctionType } from "./module-types.ts";
import type { RewriteReport } from "./rewrite-module.ts";

/** A module that has been rewritten and compiled, and may be run. */
export interface GuestModule {
  readonly module: WebAssembly.Module;
  readonly imports: readonly ModuleImport[];
  readonly exports: readonly GuestExport[];
  /** Fuel that goes before its first instruction. */
  readonly startFuel: number;
  /** Of its binary, and about what the lists above take. */
  readonly sizeBytes: number;
}

export interface GuestExport {
  readonly name: string;
  readonly kind: number;
  /** Of a function. */
  readonly type: FunctionType | undefined;
}

/** What an import or export is taken to cost beside its name. */
const ENTRY_BYTES = 200;

/** What is kept of a module that is rewritten: `module`, and what tells whether it fits a task. */
export function guestModuleOf(module: WebAssembly.Module, report: RewriteReport): GuestModule {
  const { imports, exports, functions }: ModuleDeclarations = report.declarations;
  const entries = [...imports, ...exports];
  const listBytes = entries.reduce((sum, { name }) => sum + ENTRY_BYTES + name.length, 0);
  return {
    module,
    imports,
    exports: exports.map(({ name, kind, index }) => {
      return { name, kind, type: kind === KIND.function ? functions[index] : undefined };
    }),
    startFuel: report.startFuel,
    sizeBytes: report.rewrittenBytes + listBytes,
  };
}
