import type { FileTree } from "./file-tree.ts";
import type { InputBlocks } from "./input-blocks.ts";
import { compareNames, type FolderNode } from "./tree-node.ts";
import { ERRNO } from "./wasi-constants.ts";
import { refuse } from "./wasi-error.ts";

/** A folder of its own with a writable copy of all that is in input `mount`. */
export function copyInput(tree: FileTree, { ask }: InputBlocks, mount: number): FolderNode {
  const root = tree.addRoot();
  const pending = [{ folder: root, path: "" }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { folder, path } = next;
    const answer = ask({ kind: "list", mount, path });
    if (answer.kind !== "list") return refuse(ERRNO.io);
    for (const entry of [...answer.entries].sort((a, b) => compareNames(a.name, b.name))) {
      const below = path === "" ? entry.name : `${path}/${entry.name}`;
      if (entry.kind === "file") tree.addCopy(folder, entry.name, { mount, path: below, entry });
      else pending.push({ folder: tree.addFolder(folder, entry.name), path: below });
    }
  }
  return root;
}
