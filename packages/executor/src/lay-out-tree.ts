import type { FileTree } from "./file-tree.ts";
import type { GuestTask } from "./guest-task.ts";
import { compareNames, type FolderNode } from "./tree-node.ts";

/** A path of the task that can't be made; the message says which and why. */
export class LayoutError extends Error {}

/**
 * Mounts the task's inputs and makes its result folders, outer ones first.
 *
 * @throws {LayoutError} where two of them are at the same path, or one would be inside a file
 */
export function layOutTree(tree: FileTree, task: GuestTask): void {
  const taken = new Set<string>();
  const claim = (path: string): readonly string[] => {
    const names = namesOf(path);
    if (taken.has(names.join("/"))) throw new LayoutError(`"${path}" is given twice`);
    taken.add(names.join("/"));
    return names;
  };
  const places = [
    ...task.mounts.map(({ target, entry }, mount) => ({ names: claim(target), mount, entry })),
    ...task.results.map(({ path }) => ({ names: claim(path), mount: undefined, entry: undefined })),
  ].sort((a, b) => {
    // By path next, so that inode numbers don't depend on the order in which a job names its inputs.
    return a.names.length - b.names.length || compareNames(a.names.join("/"), b.names.join("/"));
  });
  for (const { names, mount, entry } of places) {
    const name = names.at(-1);
    if (mount === undefined) folderAt(tree, names);
    else if (name === undefined) throw new LayoutError(`an input can't be mounted at "/" itself`);
    else tree.mount(folderAt(tree, names.slice(0, -1)), name, mount, entry);
  }
}

/** The folder at `names`, made where there is none. */
function folderAt(tree: FileTree, names: readonly string[]): FolderNode {
  let folder = tree.root;
  for (const [index, name] of names.entries()) {
    const node = tree.lookup(folder, name) ?? tree.overlay(folder, name);
    if (node.kind !== "folder") {
      throw new LayoutError(
        `"/${names.slice(0, index + 1).join("/")}" is a file, and a folder is wanted there`,
      );
    }
    folder = node;
  }
  return folder;
}

function namesOf(path: string): readonly string[] {
  const names = path.split("/").filter((name) => name !== "");
  if (path.startsWith("/") && !names.includes(".") && !names.includes("..")) return names;
  throw new LayoutError(`"${path}" is not an absolute path without . and ..`);
}
