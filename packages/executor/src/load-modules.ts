import type { CallOptions } from "@gadus/protocol";
import { checkImports, type GuestModule } from "./compile-module.ts";
import { ExecutorError } from "./executor-error.ts";
import type { GuestTask } from "./guest-task.ts";
import { loadModule, type ModuleSource } from "./load-module.ts";
import type { ModuleCache } from "./module-cache.ts";
import { WASI_NAMESPACE } from "./wasi-signatures.ts";

/** A task's modules, checked against each other. */
export interface LoadedModules {
  readonly guest: GuestModule;
  readonly libraries: GuestTask["libraries"];
  /** All of them. */
  readonly all: readonly GuestModule[];
}

/**
 * Loads a task's module and those that it imports from.
 *
 * A module at `/lib/math.wasm` is the namespace `math`, and also `math.wasm` and `/lib/math.wasm`. It may itself
 * import from those before it.
 *
 * @throws {ExecutorError} `executor/invalid-params` where two would have the same name, and what `loadModule` throws
 */
export async function loadModules(
  cache: ModuleCache,
  source: ModuleSource,
  importModules: readonly string[],
  options: CallOptions,
): Promise<LoadedModules> {
  const [guest, ...loaded] = await Promise.all([
    loadModule(cache, source, options),
    ...importModules.map((path, index) => {
      return loadModule(cache, { ...source, path, field: fieldOf(index) }, options);
    }),
  ]);
  const known = new Map<string, GuestModule>();
  const libraries = loaded.map((library, index) => {
    const path = importModules[index] ?? "";
    checkImports(library, known, path);
    const names = namesOf(path);
    for (const name of names) {
      if (known.has(name) || name === WASI_NAMESPACE) throw takenTwice(name, index);
      known.set(name, library);
    }
    return { names, module: library.module };
  });
  checkImports(guest, known, source.path);
  return { guest, libraries, all: [guest, ...loaded] };
}

function namesOf(path: string): readonly string[] {
  const file = path.slice(path.lastIndexOf("/") + 1);
  return [...new Set([file.replace(/\.wasm$/, ""), file, path])];
}

function takenTwice(name: string, index: number): ExecutorError {
  const field = fieldOf(index);
  const message = `Cannot run the task: ${field}: the namespace "${name}" is taken already; rename the file`;
  return new ExecutorError("executor/invalid-params", message, { blame: "job", field });
}

function fieldOf(index: number): string {
  return `Engine.Params.ImportModules[${index}]`;
}
