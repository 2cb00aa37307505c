import { type FileContent, WritableContent } from "./file-content.ts";
import type { NodeQuota } from "./node-quota.ts";

const COPY_BYTES = 256 * 1024;

/** A writable copy of a file: read where the original is until the guest first changes it, and its own from then on. */
export class CopiedContent extends WritableContent {
  #original: FileContent | undefined;

  constructor(original: FileContent, quota: NodeQuota) {
    super(quota);
    this.#original = original;
  }

  override get sizeBytes(): number {
    return this.#original?.sizeBytes ?? super.sizeBytes;
  }

  override bytes(): Uint8Array<ArrayBuffer> {
    this.#detach();
    return super.bytes();
  }

  override read(offset: number, target: Uint8Array): number {
    return this.#original?.read(offset, target) ?? super.read(offset, target);
  }

  override write(offset: number, bytes: Uint8Array): void {
    this.#detach();
    super.write(offset, bytes);
  }

  override resize(sizeBytes: number): void {
    if (sizeBytes === 0) this.#original = undefined;
    this.#detach();
    super.resize(sizeBytes);
  }

  #detach(): void {
    const original = this.#original;
    if (original === undefined) return;
    const { sizeBytes } = original;
    super.resize(sizeBytes);
    const block = new Uint8Array(Math.min(COPY_BYTES, sizeBytes));
    for (let offset = 0; offset < sizeBytes; offset += COPY_BYTES) {
      super.write(offset, block.subarray(0, original.read(offset, block)));
    }
    this.#original = undefined;
  }
}
