import type { FileDescriptor } from "./descriptors.ts";
import { MAX_IO_VECTORS } from "./guest-memory.ts";
import { PRICE } from "./host-fuel.ts";
import type { FileNode } from "./tree-node.ts";
import { ERRNO, FD_FLAGS, RIGHTS, WHENCE } from "./wasi-constants.ts";
import { refuse, WasiError } from "./wasi-error.ts";
import type { WasiFunctions, WasiGuest } from "./wasi-guest.ts";

const LAST_ADVICE = 5;
const MAX_OFFSET = (1n << 63n) - 1n;

/** Reading, writing and seeking in what is open. */
export function wasiFiles(guest: WasiGuest): WasiFunctions {
  const { memory, descriptors } = guest;
  return {
    fd_read: (fd: number, vectors: number, count: number, result: number) => {
      memory.writeU32(result, readNext(guest, fd, buffersAt(guest, vectors, count)));
    },
    fd_pread: (fd: number, vectors: number, count: number, offset: bigint, result: number) => {
      const { node } = descriptors.file(fd, RIGHTS.fdRead | RIGHTS.fdSeek);
      const buffers = buffersAt(guest, vectors, count);
      memory.writeU32(result, readFile(guest, node, toOffset(offset), buffers));
    },
    fd_write: (fd: number, vectors: number, count: number, result: number) => {
      memory.writeU32(result, writeNext(guest, fd, buffersAt(guest, vectors, count)));
    },
    fd_pwrite: (fd: number, vectors: number, count: number, offset: bigint, result: number) => {
      const file = descriptors.file(fd, RIGHTS.fdWrite | RIGHTS.fdSeek);
      const buffers = buffersAt(guest, vectors, count);
      memory.writeU32(result, gather(guest, file, toOffset(offset), buffers));
    },
    fd_seek: (fd: number, offset: bigint, whence: number, result: number) => {
      memory.writeU64(result, BigInt(seek(guest, fd, offset, whence)));
    },
    fd_tell: (fd: number, result: number) => {
      memory.writeU64(result, BigInt(descriptors.file(fd, RIGHTS.fdTell).offset));
    },
    fd_advise: (fd: number, offset: bigint, length: bigint, advice: number) => {
      descriptors.file(fd, RIGHTS.fdAdvise);
      if (advice >>> 0 > LAST_ADVICE) refuse(ERRNO.inval);
      toOffset(offset);
      toOffset(length);
    },
    fd_allocate: (fd: number, offset: bigint, length: bigint) => {
      const { content } = descriptors.file(fd, RIGHTS.fdAllocate).node;
      const end = toOffset(offset) + toOffset(length);
      if (length === 0n) refuse(ERRNO.inval);
      if (end > content.sizeBytes) content.resize(end);
    },
    fd_filestat_set_size: (fd: number, size: bigint) => {
      const { node } = descriptors.file(fd, RIGHTS.fdFilestatSetSize);
      node.content.resize(toOffset(size));
      touch(guest, node.times);
    },
    fd_sync: (fd: number) => checkSync(guest, fd, RIGHTS.fdSync),
    fd_datasync: (fd: number) => checkSync(guest, fd, RIGHTS.fdDatasync),
  };
}

/** There is nothing to wait for: what was written is there, and what is printed is kept. */
function checkSync({ descriptors }: WasiGuest, fd: number, rights: number): void {
  if ("node" in descriptors.get(fd)) descriptors.get(fd, rights);
}

function buffersAt({ memory, fuel }: WasiGuest, vectors: number, count: number): readonly Uint8Array[] {
  if (count >>> 0 <= MAX_IO_VECTORS) fuel.charge((count >>> 0) * PRICE.vector);
  return memory.vectors(vectors, count);
}

function sizeOf(buffers: readonly Uint8Array[]): number {
  return buffers.reduce((sum, { length }) => sum + length, 0);
}

function readNext(guest: WasiGuest, fd: number, buffers: readonly Uint8Array[]): number {
  const descriptor = guest.descriptors.get(fd, RIGHTS.fdRead);
  if (descriptor.kind === "folder" || descriptor.kind === "output") return refuse(ERRNO.badf);
  if (descriptor.kind === "input") {
    const done = scatter(0, buffers, (_at, part) => descriptor.stream.read(part));
    guest.fuel.chargeBytes(done);
    return done;
  }
  const done = readFile(guest, descriptor.node, descriptor.offset, buffers);
  descriptor.offset += done;
  return done;
}

/** Reads what is in a file from `offset` on; what comes from an input costs more, most of all out of sequence. */
function readFile(
  { fuel }: WasiGuest,
  node: FileNode,
  offset: number,
  buffers: readonly Uint8Array[],
): number {
  const { content } = node;
  const lengthBytes = Math.max(0, Math.min(sizeOf(buffers), content.sizeBytes - offset));
  if (!node.readOnly) fuel.chargeBytes(lengthBytes);
  else if (lengthBytes > 0) {
    fuel.charge(lengthBytes * PRICE.inputByte + (offset === node.readTo ? 0 : PRICE.search));
    node.readTo = offset + lengthBytes;
  }
  return scatter(offset, buffers, (at, part) => content.read(at, part));
}

function scatter(
  offset: number,
  buffers: readonly Uint8Array[],
  read: (offset: number, target: Uint8Array) => number,
): number {
  let done = 0;
  for (const buffer of buffers) {
    const length = read(offset + done, buffer);
    done += length;
    if (length < buffer.length) break;
  }
  return done;
}

function writeNext(guest: WasiGuest, fd: number, buffers: readonly Uint8Array[]): number {
  const descriptor = guest.descriptors.get(fd, RIGHTS.fdWrite);
  if (descriptor.kind === "folder" || descriptor.kind === "input") return refuse(ERRNO.badf);
  if (descriptor.kind === "output") {
    guest.fuel.chargeBytes(sizeOf(buffers));
    for (const buffer of buffers) descriptor.output.write(buffer);
    return sizeOf(buffers);
  }
  const append = (descriptor.flags & FD_FLAGS.append) !== 0;
  const start = append ? descriptor.node.content.sizeBytes : descriptor.offset;
  const done = gather(guest, descriptor, start, buffers);
  descriptor.offset = start + done;
  return done;
}

/** Writes all of `buffers`, or as many whole ones as fit; the error is told only when none did. */
function gather(
  guest: WasiGuest,
  file: FileDescriptor,
  offset: number,
  buffers: readonly Uint8Array[],
): number {
  let done = 0;
  guest.fuel.chargeBytes(sizeOf(buffers));
  for (const buffer of buffers) {
    try {
      file.node.content.write(offset + done, buffer);
    } catch (error) {
      if (done === 0 || !(error instanceof WasiError)) throw error;
      break;
    }
    done += buffer.length;
  }
  touch(guest, file.node.times);
  return done;
}

function seek({ descriptors }: WasiGuest, fd: number, delta: bigint, whence: number): number {
  const wanted = whence === WHENCE.current && delta === 0n ? RIGHTS.fdTell : RIGHTS.fdSeek;
  const file = descriptors.file(fd);
  if ((file.rights & (wanted | RIGHTS.fdSeek)) === 0) refuse(ERRNO.notcapable);
  const bases: Readonly<Record<number, number>> = {
    [WHENCE.set]: 0,
    [WHENCE.current]: file.offset,
    [WHENCE.end]: file.node.content.sizeBytes,
  };
  const offset = BigInt(bases[whence] ?? refuse(ERRNO.inval)) + BigInt.asIntN(64, delta);
  if (offset < 0n || offset > BigInt(Number.MAX_SAFE_INTEGER)) refuse(ERRNO.inval);
  file.offset = Number(offset);
  return file.offset;
}

/** An offset or size from the guest; those beyond what a number holds stand for one beyond every file. */
function toOffset(value: bigint): number {
  const unsigned = BigInt.asUintN(64, value);
  if (unsigned > MAX_OFFSET) refuse(ERRNO.inval);
  return unsigned > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(unsigned);
}

function touch({ clock }: WasiGuest, times: { modifiedNs: bigint; changedNs: bigint }): void {
  times.modifiedNs = clock.stampNs();
  times.changedNs = times.modifiedNs;
}
