import { LINK_NAMESPACE } from "./rewrite-options.ts";
import { TaskError } from "./task-error.ts";
import { WASI_NAMESPACE } from "./wasi-signatures.ts";

/** What no module of a task's can be called. */
const TAKEN_NAMESPACES: ReadonlySet<string> = new Set([WASI_NAMESPACE, LINK_NAMESPACE]);

/**
 * Adds `library`, a task's `index`th, to `known` under each of its names, and answers these.
 *
 * A module at `/lib/math.wasm` is the namespace `math`, and also `math.wasm` and `/lib/math.wasm`.
 *
 * @throws {TaskError} `invalid-params` where another has one of them
 */
export function addNamespaces<L>(
  known: Map<string, L>,
  library: L,
  { path, index }: { readonly path: string; readonly index: number },
): readonly string[] {
  const names = namesOf(path);
  for (const name of names) {
    if (known.has(name) || TAKEN_NAMESPACES.has(name)) throw takenTwice(name, index);
    known.set(name, library);
  }
  return names;
}

/** Where a job names its `index`th library. */
export function libraryField(index: number): string {
  return `Engine.Params.ImportModules[${index}]`;
}

function namesOf(path: string): readonly string[] {
  const file = path.slice(path.lastIndexOf("/") + 1);
  return [...new Set([file.replace(/\.wasm$/, ""), file, path])];
}

function takenTwice(name: string, index: number): TaskError {
  const field = libraryField(index);
  const message = `Cannot run the task: ${field}: the namespace "${name}" is taken already; rename the file`;
  return new TaskError("invalid-params", message, { field });
}
