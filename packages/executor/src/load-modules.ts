import { checkImports } from "./check-module.ts";
import type { GuestModule } from "./guest-module.ts";
import type { GuestTask } from "./guest-task.ts";
import { loadModule, type ModulePorts, type ModuleSource } from "./load-module.ts";
import { TaskError } from "./task-error.ts";
import { WASI_NAMESPACE } from "./wasi-signatures.ts";

/** A task's modules, checked against each other. */
export interface LoadedModules {
  readonly guest: GuestModule;
  readonly libraries: GuestTask["libraries"];
  /** All of them. */
  readonly all: readonly GuestModule[];
}

/**
 * Loads a task's module and those that it imports from, one after the other.
 *
 * A module at `/lib/math.wasm` is the namespace `math`, and also `math.wasm` and `/lib/math.wasm`. It may itself
 * import from those before it.
 *
 * @throws {TaskError} `invalid-params` where two would have the same name, and what `loadModule` throws
 */
export async function loadModules(ports: ModulePorts, source: ModuleSource): Promise<LoadedModules> {
  const { entry, imports } = source.modules;
  const guest = await loadModule(ports, source, { path: entry, field: "Engine.Params.EntryModule" });
  const known = new Map<string, GuestModule>();
  const libraries: { names: readonly string[]; module: WebAssembly.Module }[] = [];
  const all = [guest];
  for (const [index, path] of imports.entries()) {
    const library = await loadModule(ports, source, { path, field: fieldOf(index) });
    checkImports(library, known, path);
    const names = namesOf(path);
    for (const name of names) {
      if (known.has(name) || name === WASI_NAMESPACE) throw takenTwice(name, index);
      known.set(name, library);
    }
    libraries.push({ names, module: library.module });
    all.push(library);
  }
  checkImports(guest, known, entry);
  return { guest, libraries, all };
}

function namesOf(path: string): readonly string[] {
  const file = path.slice(path.lastIndexOf("/") + 1);
  return [...new Set([file.replace(/\.wasm$/, ""), file, path])];
}

function takenTwice(name: string, index: number): TaskError {
  const field = fieldOf(index);
  const message = `Cannot run the task: ${field}: the namespace "${name}" is taken already; rename the file`;
  return new TaskError("invalid-params", message, { field });
}

function fieldOf(index: number): string {
  return `Engine.Params.ImportModules[${index}]`;
}
