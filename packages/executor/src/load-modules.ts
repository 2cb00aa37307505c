import { checkImports } from "./check-module.ts";
import type { GuestModule } from "./guest-module.ts";
import type { GuestTask } from "./guest-task.ts";
import { loadModule, type ModulePorts, type ModuleSource } from "./load-module.ts";
import { addNamespaces, libraryField } from "./module-namespaces.ts";

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
 * Each may import from those before it.
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
    const library = await loadModule(ports, source, { path, field: libraryField(index) });
    checkImports(library, known, path);
    const names = addNamespaces(known, library, { path, index });
    libraries.push({ names, module: library.module });
    all.push(library);
  }
  checkImports(guest, known, entry);
  return { guest, libraries, all };
}
