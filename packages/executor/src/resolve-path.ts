import { type FileTree, MAX_NAME_BYTES } from "./file-tree.ts";
import { PRICE } from "./host-fuel.ts";
import type { FolderNode, TreeNode } from "./tree-node.ts";
import { ERRNO } from "./wasi-constants.ts";
import { refuse } from "./wasi-error.ts";

/** A path, at most, in UTF-8 bytes. */
export const MAX_PATH_BYTES = 4096;
const MAX_LINKS_FOLLOWED = 40;
const ENDS_IN_DOT = /(^|\/)\.\/*$/;

/** Where a path leads. */
export interface Place {
  readonly folder: FolderNode;
  /** In `folder`; `"."` where the path ends at a folder that it has no name for. */
  readonly name: string;
  readonly node: TreeNode | undefined;
  /** The path ends in a slash, or in `.`: only a folder will do. */
  readonly folderWanted: boolean;
}

/**
 * Walks `path` from `start` and never above it, not by `..` nor by any symbolic link: that is EPERM.
 *
 * The last name may be free. A link there is followed where `follow` says so, or the path ends in a slash or in `.`,
 * which is no name that can be given or taken away.
 */
export function resolvePath(tree: FileTree, start: FolderNode, path: string, follow: boolean): Place {
  if (path === "") refuse(ERRNO.noent);
  const walk = { folders: [start], pending: namesOf(path), folderWanted: wantsFolder(path), links: 0 };
  for (let name = walk.pending.pop(); name !== undefined; name = walk.pending.pop()) {
    const folder = walk.folders.at(-1) ?? start;
    if (name === "..") {
      if (walk.folders.length === 1) refuse(ERRNO.perm);
      walk.folders.pop();
      continue;
    }
    const last = walk.pending.length === 0;
    const node = tree.lookup(folder, name);
    if (node?.kind === "link" && (!last || follow || walk.folderWanted)) {
      tree.fuel.charge(node.target.length * PRICE.pathByte);
      followLink(walk, node.target, last);
      continue;
    }
    if (last) {
      if (walk.folderWanted && node !== undefined && node.kind !== "folder") refuse(ERRNO.notdir);
      if (ENDS_IN_DOT.test(path)) return itself(node ?? refuse(ERRNO.noent));
      return { folder, name, node, folderWanted: walk.folderWanted };
    }
    if (node === undefined) return refuse(ERRNO.noent);
    if (node.kind !== "folder") return refuse(ERRNO.notdir);
    walk.folders.push(node);
  }
  return itself(walk.folders.at(-1) ?? start);
}

function itself(node: TreeNode): Place {
  return node.kind === "folder"
    ? { folder: node, name: ".", node, folderWanted: true }
    : refuse(ERRNO.notdir);
}

function wantsFolder(path: string): boolean {
  return path.endsWith("/") || ENDS_IN_DOT.test(path);
}

function followLink(
  walk: { pending: string[]; folderWanted: boolean; links: number },
  target: string,
  last: boolean,
): void {
  walk.links += 1;
  if (walk.links > MAX_LINKS_FOLLOWED) refuse(ERRNO.loop);
  if (last && wantsFolder(target)) walk.folderWanted = true;
  walk.pending.push(...namesOf(target));
}

/** The names of `path` that lead somewhere, the first one last. */
function namesOf(path: string): string[] {
  if (path.startsWith("/")) refuse(ERRNO.perm);
  const names = path.split("/").filter((name) => name !== "" && name !== ".");
  if (names.some((name) => name.length > MAX_NAME_BYTES / 4 && isTooLong(name))) refuse(ERRNO.nametoolong);
  return names.reverse();
}

function isTooLong(name: string): boolean {
  return new TextEncoder().encode(name).length > MAX_NAME_BYTES;
}
