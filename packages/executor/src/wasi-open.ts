import type { FolderDescriptor } from "./descriptors.ts";
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
      if (isAll(openFlags, OPEN_FLAGS.create | OPEN_FLAGS.folder)) refuse(ERRNO.inval);
      guest.memory.bytes(result, 4);
      const folder = checkFolder(guest, fd, openFlags);
      const follow = isFollow(lookup) && !isAll(openFlags, OPEN_FLAGS.create | OPEN_FLAGS.exclusive);
      const place = placeAt(guest, fd, RIGHTS.pathOpen, path, length, follow);
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

function isAll(flags: number, wanted: number): boolean {
  return (flags & wanted) === wanted;
}

/** The folder open as `fd`, if it gives what `openFlags` need; not to truncate is EPERM, as the other hosts have it. */
function checkFolder({ descriptors }: WasiGuest, fd: number, openFlags: number): FolderDescriptor {
  const creates = (openFlags & OPEN_FLAGS.create) !== 0;
  const folder = descriptors.folder(fd, creates ? RIGHTS.pathCreateFile : 0);
  const truncates = (openFlags & OPEN_FLAGS.truncate) !== 0;
  return truncates && (folder.rights & RIGHTS.pathFilestatSetSize) === 0 ? refuse(ERRNO.perm) : folder;
}

function open(guest: WasiGuest, place: Place, wish: Wish): number {
  const has = (flag: number): boolean => (wish.openFlags & flag) !== 0;
  const { node } = place;
  if (node === undefined) {
    if (!has(OPEN_FLAGS.create)) return refuse(ERRNO.noent);
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
