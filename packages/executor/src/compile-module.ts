import { messageOf } from "@gadus/protocol";
import { ExecutorError } from "./executor-error.ts";
import { KIND, type ModuleDeclarations } from "./module-declarations.ts";
import { ModuleError } from "./module-error.ts";
import type { ModuleImport } from "./module-imports.ts";
import type { FunctionType } from "./module-types.ts";
import { type RewriteReport, rewriteModule } from "./rewrite-module.ts";
import type { CompileOptions, RewriteOptions } from "./rewrite-options.ts";
import { INITIALIZER, WASI_NAMESPACE, WASI_SIGNATURES } from "./wasi-signatures.ts";

/** A module that has been rewritten and compiled, and may be run. */
export interface GuestModule {
  readonly module: WebAssembly.Module;
  readonly report: RewriteReport;
  /** Of the rewritten binary. */
  readonly sizeBytes: number;
}

/**
 * Rewrites and compiles the module at `path`; where it is to stay unchanged, it is compiled as it is, and nothing
 * counts what it does.
 *
 * @throws {ExecutorError} `executor/invalid-module`, and `executor/limit-exceeded` for one that starts with more
 *   memory than it may have; the job's fault, naming what is wrong
 */
export async function compileModule(
  bytes: Uint8Array,
  path: string,
  options: CompileOptions,
): Promise<GuestModule> {
  const { bytes: rewritten, report } = rewrite(bytes, path, options);
  const run = options.unchanged ? bytes : rewritten;
  const module = WebAssembly.validate(bytes)
    ? await compile(run, path)
    : await compile(bytes, path).then(() => {
        throw invalidModule(path, "not WebAssembly");
      });
  return { module, report, sizeBytes: run.length };
}

/**
 * Checks that `guest` exports the function `entrypoint`, without parameters.
 *
 * @throws {ExecutorError} `executor/invalid-module`, the job's fault
 */
export function checkEntrypoint(guest: GuestModule, entrypoint: string, path: string): void {
  const functions = guest.report.declarations.exports.filter(({ kind }) => kind === KIND.function);
  if (functions.some(({ name }) => name === entrypoint)) {
    checkCallable(guest, entrypoint, path);
    return;
  }
  const names = functions.slice(0, 10).map(({ name }) => `"${name}"`);
  const others = names.length === 0 ? "it exports no function" : `it exports ${names.join(", ")}`;
  throw invalidModule(path, `missing export "${entrypoint}" (${others})`);
}

/** Checks that the function that `guest` exports as `name`, if any, can be called from outside with nothing. */
function checkCallable({ report: { declarations } }: GuestModule, name: string, path: string): void {
  const found = declarations.exports.find((entry) => entry.kind === KIND.function && entry.name === name);
  if (found === undefined) return;
  const { parameters, results } = typeOf(declarations, found.index);
  if (parameters !== "") {
    throw invalidModule(path, `export "${name}" takes parameters, and an entry point takes none`);
  }
  if (results.includes("v"))
    throw invalidModule(path, `export "${name}" leaves a vector, and nobody can take it`);
}

function typeOf({ functions }: ModuleDeclarations, index: number): FunctionType {
  return functions[index] ?? { parameters: "", results: "" };
}

function rewrite(bytes: Uint8Array, path: string, options: RewriteOptions): ReturnType<typeof rewriteModule> {
  try {
    return rewriteModule(bytes, options);
  } catch (error) {
    if (!(error instanceof ModuleError)) throw error;
    if (error.fault !== "too-much-memory") throw invalidModule(path, error.message, error);
    throw new ExecutorError("executor/limit-exceeded", `Cannot run module "${path}": ${error.message}`, {
      blame: "job",
      field: "Resources.Memory",
    });
  }
}

async function compile(bytes: Uint8Array, path: string): Promise<WebAssembly.Module> {
  try {
    return await WebAssembly.compile(bytes);
  } catch (error) {
    const state = messageOf(error).replace(/^WebAssembly\.compile\(\): /, "");
    throw invalidModule(path, `not WebAssembly: ${state}`, error);
  }
}

/**
 * Checks that `guest` imports nothing but WASI preview 1 and what `libraries` export, by their names, and that its
 * initializer takes nothing.
 *
 * Whether the types of exports fit is seen when the modules are linked.
 *
 * @throws {ExecutorError} `executor/invalid-module`, the job's fault
 */
export function checkImports(
  guest: GuestModule,
  libraries: ReadonlyMap<string, GuestModule>,
  path: string,
): void {
  checkCallable(guest, INITIALIZER, path);
  const exported = new Map<GuestModule, ReadonlySet<string>>();
  for (const library of libraries.values()) {
    exported.set(library, new Set(library.report.declarations.exports.map(({ name }) => name)));
  }
  for (const wanted of guest.report.declarations.imports) {
    const library = wanted.module === WASI_NAMESPACE ? undefined : libraries.get(wanted.module);
    if (library === undefined) checkHostImport(wanted, libraries, path);
    else if (exported.get(library)?.has(wanted.name) !== true) {
      const state = `the imported module "${wanted.module}" exports no "${wanted.name}"`;
      throw invalidModule(path, `unknown import ${wanted.module}.${wanted.name} (${state})`);
    }
  }
}

function checkHostImport(
  { module, name, type }: ModuleImport,
  libraries: ReadonlyMap<string, GuestModule>,
  path: string,
): void {
  const isHost = module === WASI_NAMESPACE && Object.hasOwn(WASI_SIGNATURES, name);
  const wanted = isHost ? WASI_SIGNATURES[name] : undefined;
  if (wanted === undefined || type === undefined) {
    const known = [`functions of ${WASI_NAMESPACE}`, ...Array.from(libraries.keys(), (key) => `"${key}"`)];
    throw invalidModule(path, `unknown import ${module}.${name} (only ${known.join(", ")} are there)`);
  }
  if (type.parameters === wanted && type.results === resultsOf(name)) return;
  throw invalidModule(path, `import ${module}.${name} has another type than in WASI: ${describe(type)}`);
}

function resultsOf(name: string): string {
  return name === "proc_exit" ? "" : "i";
}

function describe({ parameters, results }: FunctionType): string {
  return `(${parameters}) -> (${results})`;
}

function invalidModule(path: string, state: string, cause?: unknown): ExecutorError {
  return new ExecutorError("executor/invalid-module", `Cannot run module "${path}": ${state}`, {
    blame: "job",
    cause,
  });
}
