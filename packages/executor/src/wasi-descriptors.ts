import type { FolderDescriptor, ListedEntry } from "./descriptors.ts";
import { PRICE } from "./host-fuel.ts";
import { ERRNO, FD_FLAGS, FILE_TYPE, RIGHTS } from "./wasi-constants.ts";
import { refuse } from "./wasi-error.ts";
import type { WasiFunctions, WasiGuest } from "./wasi-guest.ts";
import { setTimes, writeFdstat, writeFilestat } from "./wasi-stat.ts";

const PRESTAT_BYTES = 8;
const DIRENT_BYTES = 24;
const utf8 = new TextEncoder();

/** What is open, what it may do, and what is in an open folder. */
export function wasiDescriptors(guest: WasiGuest): WasiFunctions {
  const { memory, descriptors, clock } = guest;
  return {
    fd_close: (fd: number) => descriptors.close(fd),
    fd_renumber: (from: number, to: number) => descriptors.renumber(from, to),
    fd_fdstat_get: (fd: number, result: number) => writeFdstat(memory, result, descriptors.get(fd)),
    fd_fdstat_set_flags: (fd: number, flags: number) => {
      const descriptor = descriptors.get(fd, RIGHTS.fdFdstatSetFlags);
      if (flags >>> 0 > FD_FLAGS.all) refuse(ERRNO.inval);
      descriptor.flags = flags;
    },
    fd_fdstat_set_rights: (fd: number, rights: bigint, inheriting: bigint) => {
      const descriptor = descriptors.get(fd);
      if ((rights & ~BigInt(descriptor.rights)) !== 0n) refuse(ERRNO.notcapable);
      if ((inheriting & ~BigInt(descriptor.inheriting)) !== 0n) refuse(ERRNO.notcapable);
      descriptor.rights = Number(rights);
      descriptor.inheriting = Number(inheriting);
    },
    fd_filestat_get: (fd: number, result: number) => {
      const descriptor = descriptors.get(fd, RIGHTS.fdFilestatGet);
      writeFilestat(memory, result, "node" in descriptor ? descriptor.node : undefined);
    },
    fd_filestat_set_times: (fd: number, accessedNs: bigint, modifiedNs: bigint, flags: number) => {
      const descriptor = descriptors.get(fd, RIGHTS.fdFilestatSetTimes);
      if (!("node" in descriptor)) return refuse(ERRNO.badf);
      setTimes(descriptor.node, { accessedNs, modifiedNs, flags }, clock.stampNs());
    },
    fd_prestat_get: (fd: number, result: number) => {
      const name = preopenName(guest, fd);
      memory.bytes(result, PRESTAT_BYTES).fill(0);
      memory.writeU32((result >>> 0) + 4, name.length);
    },
    fd_prestat_dir_name: (fd: number, address: number, lengthBytes: number) => {
      const name = preopenName(guest, fd);
      if (lengthBytes >>> 0 < name.length) refuse(ERRNO.nametoolong);
      memory.bytes(address, name.length).set(name);
    },
    fd_readdir: (fd: number, address: number, lengthBytes: number, cookie: bigint, result: number) => {
      const folder = descriptors.folder(fd, RIGHTS.fdReaddir);
      const target = memory.bytes(address, lengthBytes);
      memory.writeU32(result, writeListing(guest, folder, cookie, target));
    },
  };
}

function preopenName({ descriptors }: WasiGuest, fd: number): Uint8Array {
  const descriptor = descriptors.get(fd);
  if (descriptor.kind !== "folder" || descriptor.preopenName === undefined) return refuse(ERRNO.badf);
  return utf8.encode(descriptor.preopenName);
}

/** Fills `target` with entries from number `cookie` on; the last one may be cut off, as preview 1 has it. */
function writeListing(
  { tree, clock, fuel, descriptors }: WasiGuest,
  folder: FolderDescriptor,
  cookie: bigint,
  target: Uint8Array,
): number {
  if (cookie === 0n || folder.listing === undefined) {
    const { node } = folder;
    const all = [[".", node], ["..", node.parent ?? node], ...tree.list(node)] as const;
    descriptors.keepListing(
      folder,
      all.map(([name, { inode, kind }]) => ({ name, inode, kind })),
    );
    folder.node.times.accessedNs = clock.stampNs();
  }
  const { listing = [] } = folder;
  const first = BigInt.asUintN(64, cookie);
  if (first >= BigInt(listing.length)) return 0;
  let used = 0;
  for (let index = Number(first); index < listing.length && used < target.length; index += 1) {
    fuel.charge(PRICE.entry);
    const entry = dirent(listing[index] ?? refuse(ERRNO.inval), index + 1);
    target.set(entry.subarray(0, target.length - used), used);
    used = Math.min(target.length, used + entry.length);
  }
  return used;
}

function dirent({ name, inode, kind }: ListedEntry, next: number): Uint8Array {
  const text = utf8.encode(name);
  const entry = new Uint8Array(DIRENT_BYTES + text.length);
  const view = new DataView(entry.buffer);
  view.setBigUint64(0, BigInt(next), true);
  view.setBigUint64(8, BigInt(inode), true);
  view.setUint32(16, text.length, true);
  view.setUint8(20, FILE_TYPE[kind]);
  entry.set(text, DIRENT_BYTES);
  return entry;
}
