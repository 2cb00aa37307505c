import { invalidField } from "./document-field.ts";

/** A path of a task, and the field of its document that names it. */
interface NamedPath {
  readonly path: string;
  readonly field: string;
}

/** What a container's own machinery is at. */
const RESERVED_FOLDERS = ["/proc", "/sys", "/dev"];

/**
 * Refuses paths at which a container can't have a mount: its kernel's own, and results where nothing can be written or
 * where others are.
 *
 * @throws {ProtocolError} `protocol/invalid-document` naming the field
 */
export function checkContainerPaths(inputs: readonly NamedPath[], results: readonly NamedPath[]): void {
  for (const { path, field } of [...inputs, ...results]) {
    const reserved = RESERVED_FOLDERS.find((folder) => isWithin(path, folder));
    if (reserved === undefined) continue;
    const state = `"${path}" is ${path === reserved ? "" : "within "}${reserved}, which a container has of its own`;
    throw invalidField(field, state, "Choose another path, such as /inputs or /outputs.");
  }
  for (const [index, { path, field }] of results.entries()) {
    const input = inputs.find((each) => isWithin(path, each.path));
    if (input !== undefined) {
      const state = `nothing can be written at "${path}": ${input.field} puts an input, which is read-only, at "${input.path}"`;
      throw invalidField(field, state, "Choose a path outside of all inputs, such as /outputs.");
    }
    const outer = results.find((each, other) => other !== index && isWithin(path, each.path));
    if (outer === undefined) continue;
    const state = `"${path}" is within "${outer.path}" of ${outer.field}`;
    throw invalidField(field, state, "Keep the outer one alone, or choose paths beside each other.");
  }
}

/** Whether `path` is `folder` or below it; both as `checkPath` gives them. */
function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}
