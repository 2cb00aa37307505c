import { WritableContent } from "./file-content.ts";
import type { FileTree } from "./file-tree.ts";
import type { GuestTask, ResultFile } from "./guest-task.ts";
import type { TreeNode } from "./tree-node.ts";
import { GuestOverLimit } from "./wasi-error.ts";

/** A result's path in the results folder, at most, in UTF-8 bytes: what file systems everywhere can hold. */
export const MAX_RESULT_PATH_BYTES = 2048;
/** Names in the paths of all results together: each is looked up when they are written, named and published. */
const MAX_RESULT_NAMES = 524_288;

/**
 * The files that the guest left under the task's result paths.
 *
 * A result path that has become a file is `<name>/<its own name>`. Links are not followed and not collected,
 * nor are inputs that are mounted inside. A file with several names, or under several result paths, counts each
 * time.
 *
 * @throws {GuestOverLimit} for a path that is too long or too deep, more bytes than the task may write, or more
 *   files than it may make
 */
export function collectResults(tree: FileTree, task: GuestTask): readonly ResultFile[] {
  const files: ResultFile[] = [];
  const { maxOutputBytes, maxNodes, maxResultDepth } = task.limits;
  let bytesLeft = maxOutputBytes;
  let namesLeft = MAX_RESULT_NAMES;
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
        namesLeft -= depthOf(next.path, maxResultDepth);
        if (namesLeft < 0) overLimit(`have more than ${MAX_RESULT_NAMES} names in their paths`);
        if (files.length === maxNodes) overLimit(`are more than ${maxNodes} files`);
        const bytes = next.node.content.bytes();
        bytesLeft -= bytes.length;
        if (bytesLeft < 0) overLimit(`hold more than ${maxOutputBytes} bytes`);
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

/** How many names `path` has. */
function depthOf(path: string, maxDepth: number): number {
  const length = path.length > MAX_RESULT_PATH_BYTES / 4 ? new TextEncoder().encode(path).length : 0;
  if (length > MAX_RESULT_PATH_BYTES) {
    throw new GuestOverLimit(
      `a result's path is ${length} bytes long, over the limit of ${MAX_RESULT_PATH_BYTES}`,
    );
  }
  const depth = path.split("/").length;
  if (depth <= maxDepth) return depth;
  throw new GuestOverLimit(`a result is ${depth} folders deep, over the limit of ${maxDepth}`);
}

function overLimit(state: string): never {
  throw new GuestOverLimit(`its results ${state}`);
}
