import { ERRNO } from "./wasi-constants.ts";
import { refuse } from "./wasi-error.ts";

/** Buffers that one scattered read or write may name. */
export const MAX_IO_VECTORS = 1024;
const VECTOR_BYTES = 8;
const MAX_U32 = 0xffff_ffff;

/**
 * The guest's linear memory, as host functions see it: every address is checked, and one outside is EFAULT.
 *
 * Addresses and lengths come as the guest gave them, signed or not.
 */
export class GuestMemory {
  #memory: WebAssembly.Memory | undefined;
  #bytes = new Uint8Array(0);
  #view = new DataView(this.#bytes.buffer);

  /** What it has now, which is the most that it ever had. */
  get sizeBytes(): number {
    return this.#memory?.buffer.byteLength ?? 0;
  }

  /** What it stands for. */
  get memory(): WebAssembly.Memory | undefined {
    return this.#memory;
  }

  attach(memory: WebAssembly.Memory): void {
    this.#memory = memory;
  }

  /** The memory itself from `address`, not a copy: good until the guest runs again. */
  bytes(address: number, lengthBytes: number): Uint8Array {
    const start = this.#check(address, lengthBytes >>> 0);
    return this.#bytes.subarray(start, start + (lengthBytes >>> 0));
  }

  /** The buffers that `count` vectors at `address` name; they hold no more together than a u32 can tell. */
  vectors(address: number, count: number): readonly Uint8Array[] {
    if (count >>> 0 > MAX_IO_VECTORS) refuse(ERRNO.inval);
    this.#check(address, count * VECTOR_BYTES);
    let sizeBytes = 0;
    return Array.from({ length: count }, (_, index) => {
      const at = (address >>> 0) + index * VECTOR_BYTES;
      const buffer = this.bytes(this.readU32(at), this.readU32(at + 4));
      sizeBytes += buffer.length;
      return sizeBytes > MAX_U32 ? refuse(ERRNO.inval) : buffer;
    });
  }

  readU8(address: number): number {
    const at = this.#check(address, 1);
    return this.#view.getUint8(at);
  }

  readU16(address: number): number {
    const at = this.#check(address, 2);
    return this.#view.getUint16(at, true);
  }

  readU32(address: number): number {
    const at = this.#check(address, 4);
    return this.#view.getUint32(at, true);
  }

  readU64(address: number): bigint {
    const at = this.#check(address, 8);
    return this.#view.getBigUint64(at, true);
  }

  writeU8(address: number, value: number): void {
    const at = this.#check(address, 1);
    this.#view.setUint8(at, value);
  }

  writeU16(address: number, value: number): void {
    const at = this.#check(address, 2);
    this.#view.setUint16(at, value, true);
  }

  writeU32(address: number, value: number): void {
    const at = this.#check(address, 4);
    this.#view.setUint32(at, value, true);
  }

  writeU64(address: number, value: bigint): void {
    const at = this.#check(address, 8);
    this.#view.setBigUint64(at, value, true);
  }

  /** Growing the memory detaches the buffer that was there. */
  #refresh(): void {
    const buffer = this.#memory?.buffer;
    if (buffer === undefined || buffer === this.#bytes.buffer) return;
    this.#bytes = new Uint8Array(buffer);
    this.#view = new DataView(buffer);
  }

  /** Before `#view` is read, not in the same expression: it may put another in its place. */
  #check(address: number, lengthBytes: number): number {
    this.#refresh();
    const start = address >>> 0;
    return start + lengthBytes > this.#bytes.length ? refuse(ERRNO.fault) : start;
  }
}
