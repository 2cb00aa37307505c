import type { FileContent } from "./file-content.ts";

/** Virtual times, in nanoseconds since 1970. */
export interface NodeTimes {
  accessedNs: bigint;
  modifiedNs: bigint;
  changedNs: bigint;
}

interface NodeBase {
  /** Numbered from 1 in the order in which nodes came to be known, which depends on the guest alone. */
  readonly inode: number;
  /** Belongs to an input: it can't be changed, moved or removed. */
  readonly readOnly: boolean;
  readonly times: NodeTimes;
  /** Names that lead to it. */
  links: number;
  /** Descriptors that are open on it. */
  opened: number;
}

export interface FileNode extends NodeBase {
  readonly kind: "file";
  readonly content: FileContent;
  /** Where the last read of it ended, if it belongs to an input. */
  readTo: number;
}

export interface FolderNode extends NodeBase {
  readonly kind: "folder";
  readonly entries: Map<string, TreeNode>;
  /** Undefined for a root, and for a folder that was removed, to which no name leads. */
  parent: FolderNode | undefined;
  /** Where an input's folder is found; its entries are asked for when they are wanted. */
  readonly input: { readonly mount: number; readonly path: string; listed: boolean } | undefined;
}

export interface LinkNode extends NodeBase {
  readonly kind: "link";
  readonly target: string;
}

/** What a guest's file tree is made of. */
export type TreeNode = FileNode | FolderNode | LinkNode;

/** Orders text by its UTF-8 bytes, which is the order of code points and not that of UTF-16. */
export function compareNames(a: string, b: string): number {
  const shorter = Math.min(a.length, b.length);
  for (let index = 0; index < shorter; index += 1) {
    const left = a.charCodeAt(index);
    const right = b.charCodeAt(index);
    if (left !== right) return rank(left) - rank(right);
  }
  return a.length - b.length;
}

/** Surrogates stand for code points above all other UTF-16 units. */
function rank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x0800;
}
