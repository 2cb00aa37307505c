import { tooLarge } from "./module-error.ts";

const FIRST_BYTES = 4096;

/** Grows as the values of WebAssembly's binary format are written to it (core specification, 5.2). */
export class ModuleWriter {
  readonly #maxBytes: number;
  #bytes: Uint8Array<ArrayBuffer>;
  #length = 0;

  /** @param maxBytes after which a write throws that the module is too large */
  constructor(maxBytes: number, expectedBytes = FIRST_BYTES) {
    this.#maxBytes = maxBytes;
    this.#bytes = new Uint8Array(Math.min(maxBytes, expectedBytes));
  }

  get length(): number {
    return this.#length;
  }

  u8(byte: number): void {
    this.#room(1);
    this.#bytes[this.#length] = byte;
    this.#length += 1;
  }

  op(...bytes: readonly number[]): void {
    this.#room(bytes.length);
    for (const byte of bytes) {
      this.#bytes[this.#length] = byte;
      this.#length += 1;
    }
  }

  u32(value: number): void {
    let rest = value;
    while (rest >= 0x80) {
      this.u8((rest % 0x80) | 0x80);
      rest = Math.floor(rest / 0x80);
    }
    this.u8(rest);
  }

  /** A signed number of 53 bits at most. */
  signed(value: number): void {
    let rest = value;
    while (rest < -0x40 || rest >= 0x40) {
      const low = ((rest % 0x80) + 0x80) % 0x80;
      this.u8(low | 0x80);
      rest = (rest - low) / 0x80;
    }
    this.u8(rest & 0x7f);
  }

  raw(bytes: Uint8Array, start = 0, end = bytes.length): void {
    this.#room(end - start);
    this.#bytes.set(bytes.subarray(start, end), this.#length);
    this.#length += end - start;
  }

  name(text: string): void {
    const bytes = new TextEncoder().encode(text);
    this.u32(bytes.length);
    this.raw(bytes);
  }

  /** What `write` writes, behind its length. */
  sized(scratch: ModuleWriter, write: (into: ModuleWriter) => void): void {
    scratch.clear();
    write(scratch);
    this.u32(scratch.length);
    this.raw(scratch.written());
  }

  clear(): void {
    this.#length = 0;
  }

  /** What was written, not a copy: good until the next write. */
  written(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length);
  }

  #room(lengthBytes: number): void {
    const needed = this.#length + lengthBytes;
    if (needed <= this.#bytes.length) return;
    if (needed > this.#maxBytes) tooLarge(`rewritten it has more than ${this.#maxBytes} bytes`);
    const larger = new Uint8Array(Math.min(this.#maxBytes, Math.max(needed, this.#bytes.length * 2)));
    larger.set(this.written());
    this.#bytes = larger;
  }
}
