const MIN_CAPACITY_BYTES = 1024;

/** Keeps what a guest prints, up to a cap; what comes after is swallowed, and `truncated` says so. */
export class CappedOutput {
  readonly #maxBytes: number;
  #buffer = new ArrayBuffer(0);
  #sizeBytes = 0;
  #truncated = false;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get truncated(): boolean {
    return this.#truncated;
  }

  bytes(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.#buffer, 0, this.#sizeBytes);
  }

  write(bytes: Uint8Array): void {
    const kept = bytes.subarray(0, this.#maxBytes - this.#sizeBytes);
    if (kept.length < bytes.length) this.#truncated = true;
    const sizeBytes = this.#sizeBytes + kept.length;
    if (sizeBytes > this.#buffer.byteLength) {
      const doubled = Math.max(MIN_CAPACITY_BYTES, this.#buffer.byteLength * 2);
      this.#buffer = this.#buffer.transfer(Math.max(sizeBytes, doubled));
    }
    new Uint8Array(this.#buffer, this.#sizeBytes).set(kept);
    this.#sizeBytes = sizeBytes;
  }
}
