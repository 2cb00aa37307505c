import { messageOf } from "@gadus/protocol";
import { ExecutorError } from "./executor-error.ts";
import { type FunctionType, type ModuleImport, type ModuleShape, readModuleShape } from "./module-shape.ts";
import { WASI_NAMESPACE, WASI_SIGNATURES } from "./wasi-signatures.ts";

/** A module that has been compiled and may be run. */
export interface GuestModule {
  readonly module: WebAssembly.Module;
  readonly shape: ModuleShape;
  /** Of the binary. */
  readonly sizeBytes: number;
}

/**
 * Compiles the module at `path`.
 *
 * @throws {ExecutorError} `executor/invalid-module`, the job's fault, naming what is wrong
 */
export async function compileModule(bytes: Uint8Array, path: string): Promise<GuestModule> {
  if (isComponent(bytes)) throw invalidModule(path, "a component, and only core modules can be run");
  const module = await WebAssembly.compile(bytes).catch((error: unknown) => {
    throw invalidModule(path, `not WebAssembly: ${withoutPrefix(messageOf(error))}`, error);
  });
  try {
    return { module, shape: readModuleShape(bytes), sizeBytes: bytes.length };
  } catch (error) {
    throw invalidModule(path, messageOf(error), error);
  }
}

/**
 * Checks that `guest` exports the function `entrypoint`, without parameters.
 *
 * @throws {ExecutorError} `executor/invalid-module`, the job's fault
 */
export function checkEntrypoint(guest: GuestModule, entrypoint: string, path: string): void {
  const type = guest.shape.functions.get(entrypoint);
  if (type === undefined) {
    const names = [...guest.shape.functions.keys()].slice(0, 10).map((name) => `"${name}"`);
    const others = names.length === 0 ? "it exports no function" : `it exports ${names.join(", ")}`;
    throw invalidModule(path, `missing export "${entrypoint}" (${others})`);
  }
  if (type.parameters === "" && !type.results.includes("v")) return;
  throw invalidModule(path, `export "${entrypoint}" takes parameters, and an entry point takes none`);
}

/**
 * Checks that `guest` imports nothing but WASI preview 1 and what `libraries` export, by their names.
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
  for (const wanted of guest.shape.imports) {
    const library = wanted.module === WASI_NAMESPACE ? undefined : libraries.get(wanted.module);
    if (library === undefined) checkHostImport(wanted, [...libraries.keys()], path);
    else if (!WebAssembly.Module.exports(library.module).some(({ name }) => name === wanted.name)) {
      const state = `the imported module "${wanted.module}" exports no "${wanted.name}"`;
      throw invalidModule(path, `unknown import ${wanted.module}.${wanted.name} (${state})`);
    }
  }
}

function checkHostImport(
  { module, name, type }: ModuleImport,
  libraries: readonly string[],
  path: string,
): void {
  const wanted = module === WASI_NAMESPACE ? WASI_SIGNATURES[name] : undefined;
  if (wanted === undefined || type === undefined) {
    const known = [`functions of ${WASI_NAMESPACE}`, ...libraries.map((library) => `"${library}"`)];
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

function isComponent(bytes: Uint8Array): boolean {
  return bytes.length >= 8 && bytes[0] === 0 && bytes[1] === 0x61 && bytes[6] === 1;
}

function withoutPrefix(message: string): string {
  return message.replace(/^WebAssembly\.compile\(\): /, "");
}

function invalidModule(path: string, state: string, cause?: unknown): ExecutorError {
  return new ExecutorError("executor/invalid-module", `Cannot run module "${path}": ${state}`, {
    blame: "job",
    cause,
  });
}
