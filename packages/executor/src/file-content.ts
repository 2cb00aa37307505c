import type { NodeQuota } from "./node-quota.ts";
import { ERRNO } from "./wasi-constants.ts";
import { refuse } from "./wasi-error.ts";

/** What is in a file of the guest's tree. */
export interface FileContent {
  readonly sizeBytes: number;
  /** Copies from `offset` into `target`; answers how many bytes, fewer than asked only at the end. */
  read(offset: number, target: Uint8Array): number;
  write(offset: number, bytes: Uint8Array): void;
  resize(sizeBytes: number): void;
}

const MIN_CAPACITY_BYTES = 256;

/** Content that the guest writes; it grows by doubling and counts, whole, towards `quota`. */
export class WritableContent implements FileContent {
  readonly #quota: NodeQuota;
  #buffer = new ArrayBuffer(0);
  #sizeBytes = 0;

  constructor(quota: NodeQuota) {
    this.#quota = quota;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** The bytes themselves, not a copy. */
  bytes(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.#buffer, 0, this.#sizeBytes);
  }

  read(offset: number, target: Uint8Array): number {
    const length = Math.max(0, Math.min(target.length, this.#sizeBytes - offset));
    if (length > 0) target.set(new Uint8Array(this.#buffer, offset, length));
    return length;
  }

  write(offset: number, bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    if (offset + bytes.length > this.#sizeBytes) this.resize(offset + bytes.length);
    new Uint8Array(this.#buffer, offset).set(bytes);
  }

  resize(sizeBytes: number): void {
    if (!Number.isSafeInteger(sizeBytes)) refuse(ERRNO.fbig);
    this.#quota.takeBytes(sizeBytes - this.#sizeBytes);
    if (sizeBytes < this.#sizeBytes) {
      // Copying all of it each time that a little is cut off would be work that nobody has paid for.
      if (sizeBytes < this.#buffer.byteLength / 2) this.#buffer = this.#buffer.transfer(sizeBytes);
      else new Uint8Array(this.#buffer, sizeBytes, this.#sizeBytes - sizeBytes).fill(0);
    } else if (sizeBytes > this.#buffer.byteLength) {
      const doubled = Math.max(MIN_CAPACITY_BYTES, this.#buffer.byteLength * 2);
      this.#buffer = this.#buffer.transfer(Math.max(sizeBytes, doubled));
    }
    this.#sizeBytes = sizeBytes;
  }
}
