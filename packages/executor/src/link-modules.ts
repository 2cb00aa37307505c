import type { GuestTask } from "./guest-task.ts";
import type { GuestMemory } from "./guest-memory.ts";

type HostFunctions = Readonly<Record<string, (...args: never[]) => number>>;

/** What the modules of a task are linked with. */
export interface LinkPorts {
  /** A new one for each module: host functions see the memory of the module that calls them. */
  newMemory(): GuestMemory;
  hostFunctions(memory: GuestMemory): HostFunctions;
  readonly hostNamespace: string;
}

type Exports = Readonly<Record<string, unknown>>;

/** What a module of the reactor kind exports to be called before anything else (WASI, application ABI). */
const INITIALIZER = "_initialize";

/**
 * Instantiates the task's libraries in order, each with those before it as namespaces, and then its module, whose
 * entry point is still to be called.
 *
 * @throws {WebAssembly.LinkError} where what a module exports is not what another imports
 * @throws whatever their code throws while it starts
 */
export function linkModules(task: GuestTask, ports: LinkPorts): { readonly exports: Exports } {
  const namespaces = new Map<string, Exports>();
  const instantiate = (module: WebAssembly.Module): Exports => {
    const memory = ports.newMemory();
    const shared = importedMemory(module, namespaces);
    if (shared instanceof WebAssembly.Memory) memory.attach(shared);
    const { exports } = new WebAssembly.Instance(module, {
      ...Object.fromEntries(namespaces),
      [ports.hostNamespace]: ports.hostFunctions(memory),
    });
    if (exports["memory"] instanceof WebAssembly.Memory) memory.attach(exports["memory"]);
    return exports;
  };
  for (const { names, module } of task.libraries) {
    const exports = instantiate(module);
    callIfThere(exports[INITIALIZER]);
    for (const name of names) namespaces.set(name, exports);
  }
  const exports = instantiate(task.module);
  if (task.entrypoint !== "_start" && task.entrypoint !== INITIALIZER) callIfThere(exports[INITIALIZER]);
  return { exports };
}

function importedMemory(module: WebAssembly.Module, namespaces: ReadonlyMap<string, Exports>): unknown {
  const wanted = WebAssembly.Module.imports(module).find(({ kind }) => kind === "memory");
  return wanted && namespaces.get(wanted.module)?.[wanted.name];
}

function callIfThere(candidate: unknown): void {
  if (typeof candidate === "function") Reflect.apply(candidate, undefined, []);
}
