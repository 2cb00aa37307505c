import { unsupported } from "./module-error.ts";
import { describeOpcode, FORM, OPCODES, PREFIX_FC, PREFIX_FD } from "./module-opcodes.ts";
import type { ModuleReader } from "./module-reader.ts";
import { MARK } from "./rewrite-operands.ts";

/** The operation behind `prefix`, as the tables number it. */
export function readPrefixed(reader: ModuleReader, prefix: number, at: number): number {
  const op = reader.u32();
  const base = prefix === 0xfc ? PREFIX_FC : PREFIX_FD;
  const known = (prefix === 0xfc || prefix === 0xfd) && op < 0x100 && OPCODES.form[base + op] !== FORM.none;
  return known ? base + op : unsupported(describeOpcode(prefix, op), at);
}

/** Passes over what follows an operation of `form`. */
export function skipImmediate(reader: ModuleReader, form: number): void {
  if (form === FORM.plain) return;
  if (form === FORM.memory || form === FORM.memoryLane) {
    const { at } = reader;
    if ((reader.u32() & 0x40) !== 0) unsupported("an access of a numbered memory (multi-memory)", at);
    reader.u32();
    if (form === FORM.memoryLane) reader.skip(1);
  } else if (form === FORM.lane) reader.skip(1);
  else {
    reader.u32();
    if (form === FORM.indexes) reader.u32();
  }
}

/** What is known of the constant that follows: whether it may be NaN. */
export function markOf32(reader: ModuleReader): number {
  const { bytes, at } = reader;
  reader.skip(4);
  const high = ((bytes[at + 3] ?? 0) << 8) | (bytes[at + 2] ?? 0);
  return (high & 0x7f80) === 0x7f80 ? MARK.raw : MARK.neverNan;
}

/** The same of an f64. */
export function markOf64(reader: ModuleReader): number {
  const { bytes, at } = reader;
  reader.skip(8);
  const high = ((bytes[at + 7] ?? 0) << 8) | (bytes[at + 6] ?? 0);
  return (high & 0x7ff0) === 0x7ff0 ? MARK.raw : MARK.neverNan;
}

/** The same of a v128: only zeros are known not to be NaN in any lanes. */
export function markOf128(reader: ModuleReader): number {
  const { bytes, at } = reader;
  reader.skip(16);
  return bytes.subarray(at, at + 16).every((byte) => byte === 0) ? MARK.neverNan : MARK.raw;
}
