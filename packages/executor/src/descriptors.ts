import type { FileTree } from "./file-tree.ts";
import type { CappedOutput } from "./capped-output.ts";
import type { InputStream } from "./input-stream.ts";
import type { FileNode, FolderNode, TreeNode } from "./tree-node.ts";
import { ERRNO, FILE_RIGHTS, FOLDER_RIGHTS, RIGHTS } from "./wasi-constants.ts";
import { refuse } from "./wasi-error.ts";

interface DescriptorBase {
  rights: number;
  inheriting: number;
  flags: number;
}

/** Standard input. */
export interface InputDescriptor extends DescriptorBase {
  readonly kind: "input";
  readonly stream: InputStream;
}

/** Standard output or error. */
export interface OutputDescriptor extends DescriptorBase {
  readonly kind: "output";
  readonly output: CappedOutput;
}

export interface FileDescriptor extends DescriptorBase {
  readonly kind: "file";
  readonly node: FileNode;
  offset: number;
}

export interface FolderDescriptor extends DescriptorBase {
  readonly kind: "folder";
  readonly node: FolderNode;
  /** Set on a folder that was open from the start: the name under which the guest knows it. */
  readonly preopenName: string | undefined;
  /** What a listing that has been begun goes on from. */
  listing: readonly ListedEntry[] | undefined;
}

/** What a listing tells of an entry. It doesn't hold the node, which may be gone by the time that it is read. */
export interface ListedEntry {
  readonly name: string;
  readonly inode: number;
  readonly kind: TreeNode["kind"];
}

export type Descriptor = InputDescriptor | OutputDescriptor | FileDescriptor | FolderDescriptor;

/** Entries of all listings that are begun and not closed: each keeps its folder as it was when it began. */
const MAX_LISTED_ENTRIES = 262_144;
const STREAM_RIGHTS = RIGHTS.fdFdstatSetFlags | RIGHTS.fdFilestatGet | RIGHTS.pollFdReadwrite;

/** What the guest has open, by number; a new one gets the lowest that is free. */
export class Descriptors {
  readonly #tree: FileTree;
  readonly #maxOpen: number;
  readonly #open = new Map<number, Descriptor>();
  #lowestFree = 0;
  #listedEntries = 0;

  constructor(tree: FileTree, maxOpen: number) {
    this.#tree = tree;
    this.#maxOpen = maxOpen;
  }

  openStreams(stdin: InputStream, stdout: CappedOutput, stderr: CappedOutput): void {
    const base = { inheriting: 0, flags: 0 };
    this.add({ kind: "input", stream: stdin, rights: STREAM_RIGHTS | RIGHTS.fdRead, ...base });
    for (const output of [stdout, stderr]) {
      this.add({ kind: "output", output, rights: STREAM_RIGHTS | RIGHTS.fdWrite, ...base });
    }
  }

  preopen(name: string, node: FolderNode): void {
    const rights = { rights: FOLDER_RIGHTS, inheriting: FOLDER_RIGHTS | FILE_RIGHTS };
    this.add({ kind: "folder", node, preopenName: name, listing: undefined, flags: 0, ...rights });
  }

  add(descriptor: Descriptor): number {
    if (this.#open.size >= this.#maxOpen) refuse(ERRNO.mfile);
    const fd = this.#lowestFree;
    this.#open.set(fd, descriptor);
    do this.#lowestFree += 1;
    while (this.#open.has(this.#lowestFree));
    if ("node" in descriptor) descriptor.node.opened += 1;
    return fd;
  }

  /** @throws EBADF where `fd` is not open, ENOTCAPABLE where it lacks one of `rights` */
  get(fd: number, rights = 0): Descriptor {
    const descriptor = this.#open.get(fd >>> 0);
    return descriptor === undefined ? refuse(ERRNO.badf) : checkRights(descriptor, rights);
  }

  /** @throws EBADF where `fd` is a folder, ESPIPE where it is a stream */
  file(fd: number, rights = 0): FileDescriptor {
    const descriptor = this.get(fd);
    if (descriptor.kind === "folder") return refuse(ERRNO.badf);
    return descriptor.kind === "file" ? checkRights(descriptor, rights) : refuse(ERRNO.spipe);
  }

  /** @throws ENOTDIR where `fd` is no folder */
  folder(fd: number, rights = 0): FolderDescriptor {
    const descriptor = this.get(fd);
    return descriptor.kind === "folder" ? checkRights(descriptor, rights) : refuse(ERRNO.notdir);
  }

  /**
   * Makes `listing` what `folder` goes on from.
   *
   * @throws ENOMEM where that would be more entries than all listings may have
   */
  keepListing(folder: FolderDescriptor, listing: readonly ListedEntry[]): void {
    const entries = this.#listedEntries + listing.length - (folder.listing?.length ?? 0);
    if (entries > MAX_LISTED_ENTRIES) refuse(ERRNO.nomem);
    this.#listedEntries = entries;
    folder.listing = listing;
  }

  close(fd: number): void {
    const descriptor = this.get(fd);
    this.#open.delete(fd >>> 0);
    this.#lowestFree = Math.min(this.#lowestFree, fd >>> 0);
    this.#letGo(descriptor);
  }

  /** Gives `from` the number `to`, closing what had it. */
  renumber(from: number, to: number): void {
    const moved = this.get(from);
    const replaced = this.get(to);
    if (moved === replaced) return;
    this.#open.set(to >>> 0, moved);
    this.#open.delete(from >>> 0);
    this.#lowestFree = Math.min(this.#lowestFree, from >>> 0);
    this.#letGo(replaced);
  }

  #letGo(descriptor: Descriptor): void {
    if (!("node" in descriptor)) return;
    if (descriptor.kind === "folder") this.#listedEntries -= descriptor.listing?.length ?? 0;
    descriptor.node.opened -= 1;
    this.#tree.releaseUnused(descriptor.node);
  }
}

/** What isn't open for reading or writing is EBADF, as POSIX has it; any other right that lacks is ENOTCAPABLE. */
function checkRights<D extends Descriptor>(descriptor: D, rights: number): D {
  const missing = rights & ~descriptor.rights;
  if ((missing & (RIGHTS.fdRead | RIGHTS.fdWrite)) !== 0) refuse(ERRNO.badf);
  return missing === 0 ? descriptor : refuse(ERRNO.notcapable);
}
