import { WritableContent } from "./file-content.ts";
import type { FileTree } from "./file-tree.ts";
import type { GuestTask, ResultFile } from "./guest-task.ts";
import type { TreeNode } from "./tree-node.ts";
import { GuestOverLimit } from "./wasi-error.ts";

/** A result's path in the results folder, at most, in UTF-8 bytes: what file systems everywhere can hold. */
const MAX_RESULT_PATH_BYTES = 2048;

/**
 * The files that the guest left under the task's result paths.
 *
 * A result path that has become a file is `<name>/<its own name>`. Links are not followed and not collected,
 * nor are inputs that are mounted inside. A file with several names counts each time.
 *
 * @throws {GuestOverLimit} for a path that is too long, or more bytes than the task may write
 */
export function collectResults(tree: FileTree, task: GuestTask): readonly ResultFile[] {
  const files: ResultFile[] = [];
  let bytesLeft = task.limits.maxOutputBytes;
  for (const { name, path } of task.results) {
    const found = nodeAt(tree, path);
    const top = found?.kind === "file" ? `${name}/${lastNameOf(path)}` : name;
    const pending: { readonly path: string; readonly node: TreeNode }[] = found
      ? [{ path: top, node: found }]
      : [];
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      if (next.node.kind === "folder") {
        for (const [child, node] of next.node.entries) pending.push({ path: `${next.path}/${child}`, node });
      } else if (next.node.kind === "file" && next.node.content instanceof WritableContent) {
        checkPath(next.path);
        const bytes = next.node.content.bytes();
        bytesLeft -= bytes.length;
        if (bytesLeft < 0)
          throw new GuestOverLimit(`its results hold more than ${task.limits.maxOutputBytes} bytes`);
        files.push({ path: next.path, bytes });
      }
    }
  }
  return files;
}

function nodeAt(tree: FileTree, path: string): TreeNode | undefined {
  let node: TreeNode | undefined = tree.root;
  for (const name of path.split("/")) {
    if (name === "") continue;
    node = node?.kind === "folder" ? node.entries.get(name) : undefined;
  }
  return node;
}

function lastNameOf(path: string): string {
  return path.split("/").findLast((name) => name !== "") ?? "";
}

function checkPath(path: string): void {
  const length = path.length > MAX_RESULT_PATH_BYTES / 4 ? new TextEncoder().encode(path).length : 0;
  if (length <= MAX_RESULT_PATH_BYTES) return;
  throw new GuestOverLimit(
    `a result's path is ${length} bytes long, over the limit of ${MAX_RESULT_PATH_BYTES}`,
  );
}
