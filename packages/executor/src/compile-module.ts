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
 * Compiles the module at `path` and checks that it imports nothing but WASI preview 1.
 *
 * @throws {ExecutorError} `executor/invalid-module`, the job's fault, naming what is wrong
 */
export async function compileModule(bytes: Uint8Array, path: string): Promise<GuestModule> {
  if (isComponent(bytes)) throw invalidModule(path, "a component, and only core modules can be run");
  const module = await WebAssembly.compile(bytes).catch((error: unknown) => {
    throw invalidModule(path, `not WebAssembly: ${withoutPrefix(messageOf(error))}`, error);
  });
  try {
    const shape = readModuleShape(bytes);
    for (const wanted of shape.imports) checkImport(wanted, path);
    return { module, shape, sizeBytes: bytes.length };
  } catch (error) {
    throw error instanceof ExecutorError ? error : invalidModule(path, messageOf(error), error);
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

function checkImport({ module, name, type }: ModuleImport, path: string): void {
  const wanted = module === WASI_NAMESPACE ? WASI_SIGNATURES[name] : undefined;
  if (wanted === undefined || type === undefined) {
    throw invalidModule(
      path,
      `unknown import ${module}.${name} (only functions of ${WASI_NAMESPACE} are there)`,
    );
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
