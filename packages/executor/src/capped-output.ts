import { GuestOverLimit } from "./wasi-error.ts";

const MIN_CAPACITY_BYTES = 1024;

/** Keeps what a guest prints, up to a cap; what comes after is swallowed, and `truncated` says so. */
export class CappedOutput {
  readonly #name: string;
  readonly #maxBytes: number;
  readonly #overflow: "truncate" | "fail";
  readonly #kept: (bytes: Uint8Array) => void;
  #buffer = new ArrayBuffer(0);
  #sizeBytes = 0;
  #truncated = false;

  /** @param kept is given what is kept of each write */
  constructor(
    name: string,
    maxBytes: number,
    overflow: "truncate" | "fail",
    kept: (bytes: Uint8Array) => void = () => {},
  ) {
    this.#name = name;
    this.#maxBytes = maxBytes;
    this.#overflow = overflow;
    this.#kept = kept;
  }

  get truncated(): boolean {
    return this.#truncated;
  }

  bytes(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.#buffer, 0, this.#sizeBytes);
  }

  /** @throws {GuestOverLimit} when it is over the cap and is to fail */
  write(bytes: Uint8Array): void {
    const kept = bytes.subarray(0, this.#maxBytes - this.#sizeBytes);
    if (kept.length < bytes.length) {
      if (this.#overflow === "fail")
        throw new GuestOverLimit(`it printed more than ${this.#maxBytes} bytes to ${this.#name}`);
      this.#truncated = true;
    }
    const sizeBytes = this.#sizeBytes + kept.length;
    if (sizeBytes > this.#buffer.byteLength) {
      const doubled = Math.max(MIN_CAPACITY_BYTES, this.#buffer.byteLength * 2);
      this.#buffer = this.#buffer.transfer(Math.max(sizeBytes, doubled));
    }
    new Uint8Array(this.#buffer, this.#sizeBytes).set(kept);
    this.#sizeBytes = sizeBytes;
    if (kept.length > 0) this.#kept(kept);
  }
}
