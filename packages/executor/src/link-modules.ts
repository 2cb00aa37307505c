import type { GuestTask } from "./guest-task.ts";
import { type MeteredProgram, type Meters, metersOf, newMeters } from "./guest-meters.ts";
import { LINK_NAMESPACE, RESERVED } from "./rewrite-options.ts";
import { GuestMemory } from "./guest-memory.ts";
import { INITIALIZER } from "./wasi-signatures.ts";

type HostFunctions = Readonly<Record<string, (...args: never[]) => number>>;

/** What the modules of a task are linked with. */
export interface LinkPorts {
  /** Where each memory of the modules is put, shared ones once. */
  readonly memories: Set<WebAssembly.Memory>;
  /** What a module imports: host functions see the memory of the module that calls them. */
  hostFunctions(memory: GuestMemory): HostFunctions;
  readonly hostNamespace: string;
}

type Exports = Readonly<Record<string, unknown>>;

/**
 * Links the task's libraries in order, each with those before it as namespaces, and then its module.
 *
 * A module alone has meters of its own; several share those that are made here, and each is instantiated and
 * started once those before it have been.
 *
 * @throws {WebAssembly.LinkError} where what a module exports is not what another imports, also from `run`
 * @throws whatever their code throws while it starts
 */
export function linkModules(task: GuestTask, ports: LinkPorts): MeteredProgram {
  const namespaces = new Map<string, Exports>();
  const maxPages = new Map<unknown, unknown>();
  const instantiate = (module: WebAssembly.Module, meters?: Meters): Exports => {
    const memory = new GuestMemory();
    const shared = importedMemory(module, namespaces);
    if (shared instanceof WebAssembly.Memory) memory.attach(shared);
    const { exports } = new WebAssembly.Instance(module, {
      ...Object.fromEntries(namespaces),
      ...(meters && { [LINK_NAMESPACE]: linkedGlobals(meters, maxPages.get(shared)) }),
      [ports.hostNamespace]: ports.hostFunctions(memory),
    });
    if (exports["memory"] instanceof WebAssembly.Memory) memory.attach(exports["memory"]);
    const own = exports[RESERVED.memory] ?? exports["memory"];
    if (own instanceof WebAssembly.Memory) ports.memories.add(own);
    if (exports[RESERVED.maxPages] !== undefined) maxPages.set(own, exports[RESERVED.maxPages]);
    return exports;
  };
  const enter = (exports: Exports): void => {
    callIfThere(exports[RESERVED.start]);
    if (task.entrypoint !== "_start" && task.entrypoint !== INITIALIZER) callIfThere(exports[INITIALIZER]);
    const entrypoint = exports[task.entrypoint];
    if (typeof entrypoint !== "function") throw new TypeError(`${task.entrypoint} is no function`);
    Reflect.apply(entrypoint, undefined, []);
  };
  if (task.libraries.length === 0) {
    const exports = instantiate(task.module);
    return { meters: metersOf(exports), run: () => enter(exports) };
  }
  const meters = newMeters(task.limits.maxFrameSlots);
  const run = (): void => {
    for (const { names, module } of task.libraries) {
      const exports = instantiate(module, meters);
      callIfThere(exports[RESERVED.start]);
      callIfThere(exports[INITIALIZER]);
      for (const name of names) namespaces.set(name, exports);
    }
    enter(instantiate(task.module, meters));
  };
  return { meters, run };
}

/** What a linked module imports beside what it asks for; `maxPages` is undefined where it imports no memory. */
function linkedGlobals({ fuel, depth }: Meters, maxPages: unknown): Exports {
  return {
    [RESERVED.fuel]: fuel,
    [RESERVED.depth]: depth,
    [RESERVED.maxPages]: maxPages ?? new WebAssembly.Global({ value: "i64", mutable: false }, 0n),
  };
}

function importedMemory(module: WebAssembly.Module, namespaces: ReadonlyMap<string, Exports>): unknown {
  const wanted = WebAssembly.Module.imports(module).find(({ kind }) => kind === "memory");
  return wanted && namespaces.get(wanted.module)?.[wanted.name];
}

function callIfThere(candidate: unknown): void {
  if (typeof candidate === "function") Reflect.apply(candidate, undefined, []);
}
