import type { GuestModule } from "./guest-module.ts";
import { KIND } from "./module-declarations.ts";
import type { ModuleImport } from "./module-imports.ts";
import type { FunctionType } from "./module-types.ts";
import { TaskError } from "./task-error.ts";
import { INITIALIZER, WASI_NAMESPACE, WASI_SIGNATURES } from "./wasi-signatures.ts";

/**
 * Checks that `guest` exports the function `entrypoint`, without parameters.
 *
 * @throws {TaskError} `invalid-module`
 */
export function checkEntrypoint(guest: Pick<GuestModule, "exports">, entrypoint: string, path: string): void {
  const functions = guest.exports.filter(({ kind }) => kind === KIND.function);
  if (functions.some(({ name }) => name === entrypoint)) {
    checkCallable(guest, entrypoint, path);
    return;
  }
  const names = functions.slice(0, 10).map(({ name }) => `"${name}"`);
  const others = names.length === 0 ? "it exports no function" : `it exports ${names.join(", ")}`;
  throw invalidModule(path, `missing export "${entrypoint}" (${others})`);
}

/** Checks that the function that `guest` exports as `name`, if any, can be called from outside with nothing. */
function checkCallable({ exports }: Pick<GuestModule, "exports">, name: string, path: string): void {
  const type = exports.find((entry) => entry.kind === KIND.function && entry.name === name)?.type;
  if (type === undefined) return;
  if (type.parameters !== "") {
    throw invalidModule(path, `export "${name}" takes parameters, and an entry point takes none`);
  }
  if (type.results.includes("v"))
    throw invalidModule(path, `export "${name}" leaves a vector, and nobody can take it`);
}

/**
 * Checks that `guest` imports nothing but WASI preview 1 and what `libraries` export, by their names, and that its
 * initializer takes nothing.
 *
 * Whether the types of exports fit is seen when the modules are linked.
 *
 * @throws {TaskError} `invalid-module`
 */
export function checkImports(
  guest: Pick<GuestModule, "imports" | "exports">,
  libraries: ReadonlyMap<string, Pick<GuestModule, "exports">>,
  path: string,
): void {
  checkCallable(guest, INITIALIZER, path);
  const exported = new Map<unknown, ReadonlySet<string>>();
  for (const library of libraries.values()) {
    exported.set(library, new Set(library.exports.map(({ name }) => name)));
  }
  for (const wanted of guest.imports) {
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
  libraries: ReadonlyMap<string, unknown>,
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

function invalidModule(path: string, state: string): TaskError {
  return new TaskError("invalid-module", `Cannot run module "${path}": ${state}`);
}
