import type { Place } from "./resolve-path.ts";
import type { FileNode, FolderNode } from "./tree-node.ts";
import {
  ERRNO,
  FD_FLAGS,
  FILE_RIGHTS,
  FOLDER_RIGHTS,
  OPEN_FLAGS,
  RIGHTS,
  WRITING_RIGHTS,
} from "./wasi-constants.ts";
import { refuse } from "./wasi-error.ts";
import type { WasiFunctions, WasiGuest } from "./wasi-guest.ts";
import { isFollow, placeAt } from "./wasi-paths.ts";

interface Wish {
  readonly rights: number;
  readonly inheriting: number;
  readonly openFlags: number;
  readonly flags: number;
}

/**
 * `path_open`.
 *
 * Rights that a descriptor of that kind can't have, or that the folder doesn't pass on, are left out without an
 * error, as wasi-libc expects.
 */
export function wasiOpen(guest: WasiGuest): WasiFunctions {
  return {
    path_open: (
      fd: number,
      lookup: number,
      path: number,
      length: number,
      openFlags: number,
      rights: bigint,
      inheriting: bigint,
      flags: number,
      result: number,
    ) => {
      if (openFlags >>> 0 > OPEN_FLAGS.all || flags >>> 0 > FD_FLAGS.all) refuse(ERRNO.inval);
      guest.memory.bytes(result, 4);
      const folder = guest.descriptors.folder(fd, neededRights(openFlags));
      const place = placeAt(guest, fd, RIGHTS.pathOpen, path, length, isFollow(lookup));
      const passedOn = folder.inheriting;
      const wish: Wish = {
        rights: Number(BigInt.asUintN(30, rights)) & passedOn,
        inheriting: Number(BigInt.asUintN(30, inheriting)) & passedOn,
        openFlags,
        flags,
      };
      guest.memory.writeU32(result, open(guest, place, wish));
    },
  };
}

function neededRights(openFlags: number): number {
  const create = (openFlags & OPEN_FLAGS.create) !== 0 ? RIGHTS.pathCreateFile : 0;
  return create | ((openFlags & OPEN_FLAGS.truncate) !== 0 ? RIGHTS.pathFilestatSetSize : 0);
}

function open(guest: WasiGuest, place: Place, wish: Wish): number {
  const has = (flag: number): boolean => (wish.openFlags & flag) !== 0;
  const { node } = place;
  if (node === undefined) {
    if (!has(OPEN_FLAGS.create)) return refuse(ERRNO.noent);
    if (has(OPEN_FLAGS.folder)) refuse(ERRNO.inval);
    if (place.folderWanted) refuse(ERRNO.isdir);
    return addFile(guest, guest.tree.addFile(place.folder, place.name), wish);
  }
  if (has(OPEN_FLAGS.create) && has(OPEN_FLAGS.exclusive)) refuse(ERRNO.exist);
  if (node.kind === "link") return refuse(ERRNO.loop);
  if (node.kind === "folder") return openFolder(guest, node, wish);
  if (has(OPEN_FLAGS.folder)) refuse(ERRNO.notdir);
  if (node.readOnly && ((wish.rights & WRITING_RIGHTS) !== 0 || has(OPEN_FLAGS.truncate))) refuse(ERRNO.rofs);
  const fd = addFile(guest, node, wish);
  if (has(OPEN_FLAGS.truncate)) node.content.resize(0);
  return fd;
}

function openFolder({ descriptors }: WasiGuest, node: FolderNode, wish: Wish): number {
  if ((wish.openFlags & (OPEN_FLAGS.truncate | OPEN_FLAGS.create)) !== 0) refuse(ERRNO.isdir);
  if ((wish.rights & RIGHTS.fdWrite) !== 0) refuse(ERRNO.isdir);
  const { inheriting, flags } = wish;
  const rights = wish.rights & FOLDER_RIGHTS;
  return descriptors.add({
    kind: "folder",
    node,
    preopenName: undefined,
    listing: undefined,
    rights,
    inheriting,
    flags,
  });
}

function addFile({ descriptors }: WasiGuest, node: FileNode, { rights, inheriting, flags }: Wish): number {
  return descriptors.add({ kind: "file", node, offset: 0, rights: rights & FILE_RIGHTS, inheriting, flags });
}
