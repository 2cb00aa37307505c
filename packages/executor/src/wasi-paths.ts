import { PRICE } from "./host-fuel.ts";
import { MAX_PATH_BYTES, type Place, resolvePath } from "./resolve-path.ts";
import type { FolderNode, TreeNode } from "./tree-node.ts";
import { ERRNO, LOOKUP_FOLLOW, RIGHTS } from "./wasi-constants.ts";
import { refuse } from "./wasi-error.ts";
import type { WasiFunctions, WasiGuest } from "./wasi-guest.ts";
import { setTimes, writeFilestat } from "./wasi-stat.ts";

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Making, naming, looking at and removing what a path leads to; opening it is in `wasi-open.ts`. */
export function wasiPaths(guest: WasiGuest): WasiFunctions {
  const { memory, tree, clock } = guest;
  return {
    path_create_directory: (fd: number, path: number, length: number) => {
      const place = placeAt(guest, fd, RIGHTS.pathCreateDirectory, path, length);
      if (place.node !== undefined) refuse(ERRNO.exist);
      tree.addFolder(place.folder, place.name);
    },
    path_filestat_get: (fd: number, flags: number, path: number, length: number, result: number) => {
      const place = placeAt(guest, fd, RIGHTS.pathFilestatGet, path, length, isFollow(flags));
      writeFilestat(memory, result, present(place));
    },
    path_filestat_set_times: (
      fd: number,
      lookup: number,
      path: number,
      length: number,
      accessedNs: bigint,
      modifiedNs: bigint,
      flags: number,
    ) => {
      const place = placeAt(guest, fd, RIGHTS.pathFilestatSetTimes, path, length, isFollow(lookup));
      setTimes(present(place), { accessedNs, modifiedNs, flags }, clock.stampNs());
    },
    path_link: (
      fd: number,
      flags: number,
      path: number,
      length: number,
      newFd: number,
      newPath: number,
      newLength: number,
    ) => {
      if (isFollow(flags)) refuse(ERRNO.inval);
      const from = placeAt(guest, fd, RIGHTS.pathLinkSource, path, length);
      const node = present(from);
      const to = placeAt(guest, newFd, RIGHTS.pathLinkTarget, newPath, newLength);
      if (to.node !== undefined) refuse(ERRNO.exist);
      if (to.folderWanted) refuse(ERRNO.noent);
      tree.addName(node, to.folder, to.name);
    },
    path_readlink: (
      fd: number,
      path: number,
      length: number,
      address: number,
      size: number,
      result: number,
    ) => {
      const node = present(placeAt(guest, fd, RIGHTS.pathReadlink, path, length));
      if (node.kind !== "link") return refuse(ERRNO.inval);
      const target = new TextEncoder().encode(node.target).subarray(0, size >>> 0);
      memory.bytes(address, size).set(target);
      memory.writeU32(result, target.length);
    },
    path_remove_directory: (fd: number, path: number, length: number) => {
      removeFolder(guest, placeAt(guest, fd, RIGHTS.pathRemoveDirectory, path, length));
    },
    path_rename: (
      fd: number,
      path: number,
      length: number,
      newFd: number,
      newPath: number,
      newLength: number,
    ) => {
      const from = placeAt(guest, fd, RIGHTS.pathRenameSource, path, length);
      rename(guest, from, placeAt(guest, newFd, RIGHTS.pathRenameTarget, newPath, newLength));
    },
    path_symlink: (target: number, targetLength: number, fd: number, path: number, length: number) => {
      const text = readPath(guest, target, targetLength);
      if (text === "") refuse(ERRNO.noent);
      if (text.startsWith("/")) refuse(ERRNO.perm);
      const place = placeAt(guest, fd, RIGHTS.pathSymlink, path, length);
      if (place.node !== undefined) refuse(ERRNO.exist);
      if (place.folderWanted) refuse(ERRNO.noent);
      tree.addLink(place.folder, place.name, text);
    },
    path_unlink_file: (fd: number, path: number, length: number) => {
      const place = placeAt(guest, fd, RIGHTS.pathUnlinkFile, path, length);
      const node = present(place);
      if (node.kind === "folder") refuse(ERRNO.isdir);
      tree.remove(place.folder, place.name, node);
    },
  };
}

/** Where the guest's `path` leads from the folder that is open as `fd`. */
export function placeAt(
  guest: WasiGuest,
  fd: number,
  rights: number,
  path: number,
  lengthBytes: number,
  follow = false,
): Place {
  const start = guest.descriptors.folder(fd, rights).node;
  return resolvePath(guest.tree, start, readPath(guest, path, lengthBytes), follow);
}

export function isFollow(flags: number): boolean {
  return (flags & LOOKUP_FOLLOW) !== 0;
}

function readPath({ memory, fuel }: WasiGuest, address: number, lengthBytes: number): string {
  const bytes = memory.bytes(address, lengthBytes);
  if (bytes.length > MAX_PATH_BYTES) refuse(ERRNO.nametoolong);
  fuel.charge(bytes.length * PRICE.pathByte);
  if (bytes.includes(0)) refuse(ERRNO.inval);
  try {
    return utf8.decode(bytes);
  } catch {
    return refuse(ERRNO.ilseq);
  }
}

function present(place: Place): TreeNode {
  return place.node ?? refuse(ERRNO.noent);
}

function removeFolder({ tree }: WasiGuest, place: Place): void {
  const node = present(place);
  if (place.name === ".") refuse(ERRNO.inval);
  if (node.kind !== "folder") return refuse(ERRNO.notdir);
  checkRemovable(node);
  tree.remove(place.folder, place.name, node);
}

function checkRemovable(folder: FolderNode): void {
  if (folder.readOnly) refuse(ERRNO.rofs);
  if (folder.entries.size > 0) refuse(ERRNO.notempty);
}

function rename({ tree, fuel }: WasiGuest, from: Place, to: Place): void {
  const node = present(from);
  if (from.name === "." || to.name === ".") refuse(ERRNO.busy);
  if (to.folderWanted && node.kind !== "folder") refuse(ERRNO.notdir);
  if (node.readOnly || from.folder.readOnly || to.folder.readOnly) refuse(ERRNO.rofs);
  if (to.node === node) return;
  for (let above: FolderNode | undefined = to.folder; above !== undefined; above = above.parent) {
    fuel.charge(PRICE.ancestor);
    if (above === node) refuse(ERRNO.inval);
  }
  if (to.node !== undefined) {
    checkReplaceable(node, to.node);
    tree.remove(to.folder, to.name, to.node);
  }
  tree.move(node, from.folder, from.name, to.folder, to.name);
}

function checkReplaceable(node: TreeNode, replaced: TreeNode): void {
  if (replaced.kind === "folder") {
    if (node.kind !== "folder") refuse(ERRNO.isdir);
    checkRemovable(replaced);
  } else if (node.kind === "folder") refuse(ERRNO.notdir);
}
