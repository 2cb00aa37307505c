import { malformed } from "./module-error.ts";

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Reads the values of WebAssembly's binary format (core specification, 5.2), never beyond `end`. */
export class ModuleReader {
  readonly bytes: Uint8Array;
  readonly end: number;
  at: number;

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.bytes = bytes;
    this.at = start;
    this.end = end;
  }

  get atEnd(): boolean {
    return this.at >= this.end;
  }

  u8(): number {
    if (this.at >= this.end) return malformed("an early end", this.end);
    const byte = this.bytes[this.at] ?? 0;
    this.at += 1;
    return byte;
  }

  /** An unsigned LEB128 number of 32 bits: five bytes at most, and nothing above bit 31. */
  u32(): number {
    const start = this.at;
    const first = this.u8();
    if (first < 0x80) return first;
    let value = first & 0x7f;
    for (let shift = 7; shift < 35; shift += 7) {
      const byte = this.u8();
      if (shift === 28 && byte > 0x0f) break;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    return malformed("a number of more than 32 bits", start);
  }

  /** A signed LEB128 number of 33 bits at most: five bytes at most. */
  s33(): number {
    const start = this.at;
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.u8();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return byte < 0x40 ? value : value - 2 ** (shift + 7);
    }
    return malformed("a number of more than 33 bits", start);
  }

  /** Passes over a LEB128 number of `maxBytes` at most. */
  skipNumber(maxBytes: number): void {
    const start = this.at;
    for (let left = maxBytes; left > 0; left -= 1) {
      if (this.u8() < 0x80) return;
    }
    malformed("a number that doesn't end", start);
  }

  skip(lengthBytes: number): void {
    if (lengthBytes > this.end - this.at) malformed("an early end", this.end);
    this.at += lengthBytes;
  }

  name(): string {
    const length = this.u32();
    const start = this.at;
    this.skip(length);
    try {
      return utf8.decode(this.bytes.subarray(start, this.at));
    } catch {
      return malformed("a name that is not UTF-8", start);
    }
  }

  /** How many entries follow; each takes a byte at least, so that no count costs more than its bytes. */
  count(what: string, max: number): number {
    const start = this.at;
    const count = this.u32();
    if (count > max) malformed(`${count} ${what}, over the limit of ${max},`, start);
    if (count > this.end - this.at) malformed(`${count} ${what} in ${this.end - this.at} bytes`, start);
    return count;
  }
}
