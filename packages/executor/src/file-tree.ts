import { CopiedContent } from "./copied-content.ts";
import { WritableContent } from "./file-content.ts";
import type { InputEntry } from "./input-channel.ts";
import type { InputBlocks } from "./input-blocks.ts";
import { InputContent } from "./input-content.ts";
import { type HostFuel, PRICE } from "./host-fuel.ts";
import type { NodeQuota } from "./node-quota.ts";
import { compareNames, type FileNode, type FolderNode, type NodeTimes, type TreeNode } from "./tree-node.ts";
import type { VirtualClock } from "./virtual-clock.ts";
import { ERRNO } from "./wasi-constants.ts";
import { refuse } from "./wasi-error.ts";

/** A name in a folder of the tree, at most, in UTF-8 bytes. */
export const MAX_NAME_BYTES = 255;
/** Files and folders of inputs that one execution may come to know. */
const MAX_INPUT_NODES = 262_144;
/** Characters of a path in an input: half of what may be asked for. */
const MAX_INPUT_PATH_LENGTH = 16_384;
const UNWANTED_IN_NAMES = /[\u0000-\u001f\u007f\ufffd]/u;

/** Where a file of an input is. */
export interface InputFile {
  readonly mount: number;
  readonly path: string;
  readonly entry: InputEntry;
}

/** The file system of one execution: folders and files in memory, and inputs mounted in it, read-only. */
export class FileTree {
  readonly root: FolderNode;
  /** What finding things in it is charged to. */
  readonly fuel: HostFuel;
  readonly #clock: VirtualClock;
  readonly #quota: NodeQuota;
  readonly #inputs: InputBlocks;
  #lastInode = 0;
  #inputNodes = 0;

  constructor(clock: VirtualClock, quota: NodeQuota, inputs: InputBlocks) {
    this.#clock = clock;
    this.#quota = quota;
    this.fuel = quota.fuel;
    this.#inputs = inputs;
    this.root = this.#newFolder(undefined, undefined);
  }

  /** What is under `name` in `folder`. */
  lookup(folder: FolderNode, name: string): TreeNode | undefined {
    const known = folder.entries.get(name);
    if (known !== undefined || folder.input === undefined || folder.input.listed) return known;
    const { mount, path } = folder.input;
    this.fuel.charge(PRICE.search);
    const answer = this.#inputs.ask({ kind: "stat", mount, path: path === "" ? name : `${path}/${name}` });
    if (answer.kind !== "stat") return refuse(ERRNO.io);
    return (
      answer.entry &&
      this.#addInput(folder, name, mount, `${path === "" ? "" : `${path}/`}${name}`, answer.entry)
    );
  }

  /** All that is in `folder`, sorted bytewise by name. */
  list(folder: FolderNode): readonly (readonly [string, TreeNode])[] {
    if (folder.input !== undefined && !folder.input.listed) {
      const { mount, path } = folder.input;
      this.fuel.charge(PRICE.search);
      const answer = this.#inputs.ask({ kind: "list", mount, path });
      if (answer.kind !== "list") return refuse(ERRNO.io);
      for (const entry of answer.entries) {
        if (folder.entries.has(entry.name)) continue;
        this.#addInput(folder, entry.name, mount, path === "" ? entry.name : `${path}/${entry.name}`, entry);
      }
      folder.input.listed = true;
    }
    this.fuel.charge(folder.entries.size * PRICE.listedName);
    return [...folder.entries].sort(([a], [b]) => compareNames(a, b));
  }

  addFile(folder: FolderNode, name: string): FileNode {
    this.#checkNew(folder, name);
    this.#quota.takeNode();
    const content = new WritableContent(this.#quota);
    return this.#enter(folder, name, { kind: "file", content, readTo: 0, ...this.#base(false) });
  }

  addFolder(folder: FolderNode, name: string): FolderNode {
    this.#checkNew(folder, name);
    this.#quota.takeNode();
    return this.#enter(folder, name, this.#newFolder(folder, undefined));
  }

  addLink(folder: FolderNode, name: string, target: string): void {
    this.#checkNew(folder, name);
    this.#quota.takeNode(target.length);
    this.#enter(folder, name, { kind: "link", target, ...this.#base(false) });
  }

  /** Gives `node`, a file or a link, one more name, which counts as much as a node. */
  addName(node: TreeNode, folder: FolderNode, name: string): void {
    if (node.kind === "folder") refuse(ERRNO.perm);
    if (node.readOnly) refuse(ERRNO.xdev);
    this.#checkNew(folder, name);
    this.#quota.takeNode();
    this.#enter(folder, name, node);
    node.links += 1;
    node.times.changedNs = this.#clock.stampNs();
  }

  /** Puts input `mount` under `name`, whatever is there, even in a folder of another input. */
  mount(folder: FolderNode, name: string, mount: number, entry: InputEntry): void {
    this.#addInput(folder, name, mount, "", entry);
  }

  /** One more folder that is in no other. */
  addRoot(): FolderNode {
    return this.#newFolder(undefined, undefined);
  }

  /** A file that the guest may write to, and that holds at first what a file of an input does. */
  addCopy(folder: FolderNode, name: string, original: InputFile): FileNode {
    this.#checkNew(folder, name);
    this.#quota.takeNode();
    const { mount, path, entry } = original;
    const input = new InputContent(this.#inputs, mount, path, entry.sizeBytes);
    const content = new CopiedContent(input, this.#quota);
    return this.#enter(folder, name, { kind: "file", content, readTo: 0, ...this.#base(false) });
  }

  /** A folder under `name` that the guest may write to, even in a folder of an input. */
  overlay(folder: FolderNode, name: string): FolderNode {
    return this.#enter(folder, name, this.#newFolder(folder, undefined));
  }

  /** Takes `name` out of `folder`; `node` is what it leads to. */
  remove(folder: FolderNode, name: string, node: TreeNode): void {
    this.#checkChangeable(folder, node);
    folder.entries.delete(name);
    if (node.kind === "folder") node.parent = undefined;
    node.links -= 1;
    this.#touch(folder);
    if (node.links > 0) this.#quota.giveNode();
    else this.releaseUnused(node);
  }

  /** Moves `node` from one name to another that is free. */
  move(node: TreeNode, from: FolderNode, fromName: string, to: FolderNode, toName: string): void {
    this.#checkChangeable(from, node);
    this.#checkNew(to, toName);
    from.entries.delete(fromName);
    this.#enter(to, toName, node);
    if (node.kind === "folder") node.parent = to;
    this.#touch(from);
  }

  /** Gives what `node` takes back to the quota once nothing leads to it. */
  releaseUnused(node: TreeNode): void {
    if (node.links > 0 || node.opened > 0 || node.readOnly) return;
    if (node.kind === "file") node.content.resize(0);
    if (node.kind === "link") this.#quota.takeBytes(-node.target.length);
    this.#quota.giveNode();
  }

  #checkNew(folder: FolderNode, name: string): void {
    if (folder.readOnly) refuse(ERRNO.rofs);
    if (folder.links === 0) refuse(ERRNO.noent);
    if (UNWANTED_IN_NAMES.test(name)) refuse(ERRNO.ilseq);
  }

  #checkChangeable(folder: FolderNode, node: TreeNode): void {
    if (folder.readOnly || node.readOnly) refuse(ERRNO.rofs);
  }

  #enter<N extends TreeNode>(folder: FolderNode, name: string, node: N): N {
    folder.entries.set(name, node);
    this.#touch(folder);
    return node;
  }

  #touch(folder: FolderNode): void {
    folder.times.modifiedNs = this.#clock.stampNs();
    folder.times.changedNs = folder.times.modifiedNs;
  }

  #addInput(folder: FolderNode, name: string, mount: number, path: string, entry: InputEntry): TreeNode {
    if (path.length > MAX_INPUT_PATH_LENGTH) refuse(ERRNO.nametoolong);
    this.#inputNodes += 1;
    if (this.#inputNodes > MAX_INPUT_NODES) refuse(ERRNO.nospc);
    const node: TreeNode =
      entry.kind === "folder"
        ? this.#newFolder(folder, { mount, path, listed: false })
        : {
            kind: "file",
            content: new InputContent(this.#inputs, mount, path, entry.sizeBytes),
            readTo: 0,
            ...this.#base(true),
          };
    folder.entries.set(name, node);
    return node;
  }

  #newFolder(parent: FolderNode | undefined, input: FolderNode["input"]): FolderNode {
    return { kind: "folder", entries: new Map(), parent, input, ...this.#base(input !== undefined) };
  }

  #base(readOnly: boolean): {
    inode: number;
    readOnly: boolean;
    times: NodeTimes;
    links: number;
    opened: number;
  } {
    this.#lastInode += 1;
    const now = this.#clock.stampNs();
    const times = { accessedNs: now, modifiedNs: now, changedNs: now };
    return { inode: this.#lastInode, readOnly, times, links: 1, opened: 0 };
  }
}
