import type { Descriptor } from "./descriptors.ts";
import type { GuestMemory } from "./guest-memory.ts";
import type { NodeTimes, TreeNode } from "./tree-node.ts";
import { ERRNO, FILE_TYPE, TIME_FLAGS } from "./wasi-constants.ts";
import { refuse } from "./wasi-error.ts";

const FILESTAT_BYTES = 64;
const FDSTAT_BYTES = 24;
/** All that a guest sees is on one device. */
const DEVICE = 1n;

/** Writes what `node` is at `address` (typename `filestat`); no node stands for a stream. */
export function writeFilestat(memory: GuestMemory, address: number, node: TreeNode | undefined): void {
  const at = address >>> 0;
  memory.bytes(at, FILESTAT_BYTES).fill(0);
  if (node === undefined) return;
  memory.writeU64(at, DEVICE);
  memory.writeU64(at + 8, BigInt(node.inode));
  memory.writeU8(at + 16, FILE_TYPE[node.kind]);
  memory.writeU64(at + 24, BigInt(node.links));
  memory.writeU64(at + 32, BigInt(sizeOf(node)));
  memory.writeU64(at + 40, node.times.accessedNs);
  memory.writeU64(at + 48, node.times.modifiedNs);
  memory.writeU64(at + 56, node.times.changedNs);
}

/** Writes what `descriptor` may do at `address` (typename `fdstat`). */
export function writeFdstat(memory: GuestMemory, address: number, descriptor: Descriptor): void {
  const at = address >>> 0;
  memory.bytes(at, FDSTAT_BYTES).fill(0);
  memory.writeU8(at, "node" in descriptor ? FILE_TYPE[descriptor.node.kind] : FILE_TYPE.unknown);
  memory.writeU16(at + 2, descriptor.flags);
  memory.writeU64(at + 8, BigInt(descriptor.rights));
  memory.writeU64(at + 16, BigInt(descriptor.inheriting));
}

/** Sets a node's times as `flags` (typename `fstflags`) say. */
export function setTimes(
  node: TreeNode,
  wish: { readonly accessedNs: bigint; readonly modifiedNs: bigint; readonly flags: number },
  nowNs: bigint,
): void {
  const has = (flag: number): boolean => (wish.flags & flag) !== 0;
  if (has(TIME_FLAGS.accessed) && has(TIME_FLAGS.accessedNow)) refuse(ERRNO.inval);
  if (has(TIME_FLAGS.modified) && has(TIME_FLAGS.modifiedNow)) refuse(ERRNO.inval);
  if (wish.flags >>> 4 !== 0) refuse(ERRNO.inval);
  if (node.readOnly) refuse(ERRNO.rofs);
  const times: NodeTimes = node.times;
  if (has(TIME_FLAGS.accessed)) times.accessedNs = BigInt.asUintN(64, wish.accessedNs);
  if (has(TIME_FLAGS.accessedNow)) times.accessedNs = nowNs;
  if (has(TIME_FLAGS.modified)) times.modifiedNs = BigInt.asUintN(64, wish.modifiedNs);
  if (has(TIME_FLAGS.modifiedNow)) times.modifiedNs = nowNs;
  times.changedNs = nowNs;
}

function sizeOf(node: TreeNode): number {
  if (node.kind === "file") return node.content.sizeBytes;
  return node.kind === "link" ? new TextEncoder().encode(node.target).length : 0;
}
