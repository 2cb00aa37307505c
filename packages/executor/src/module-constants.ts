import { malformed, unsupported } from "./module-error.ts";
import type { ModuleReader } from "./module-reader.ts";
import { isReference, readValueType } from "./module-types.ts";

/** What a constant expression may name. */
export interface ConstantScope {
  /** Imported globals, which are the first. */
  readonly globals: number;
  readonly functions: number;
}

const END = 0x0b;
/** Addition, subtraction and multiplication of integers. */
const ARITHMETIC: ReadonlySet<number> = new Set([0x6a, 0x6b, 0x6c, 0x7c, 0x7d, 0x7e]);
/** Bytes of the largest LEB128 numbers. */
const S32_BYTES = 5;
const S64_BYTES = 10;

/** Passes over a constant expression and its end (core specification, 3.3.10, and integer arithmetic). */
export function skipConstant(reader: ModuleReader, scope: ConstantScope): void {
  for (;;) {
    const { at } = reader;
    const op = reader.u8();
    if (op === END) return;
    if (ARITHMETIC.has(op)) continue;
    if (op === 0x41) reader.skipNumber(S32_BYTES);
    else if (op === 0x42) reader.skipNumber(S64_BYTES);
    else if (op === 0x43) reader.skip(4);
    else if (op === 0x44) reader.skip(8);
    else if (op === 0x23) checkGlobal(reader.u32(), scope, at);
    else if (op === 0xd0) readReference(reader);
    else if (op === 0xd2) checkFunction(reader.u32(), scope, at);
    else if (op === 0xfd && reader.u32() === 12) reader.skip(16);
    else unsupported(`0x${op.toString(16)} in a constant expression (GC types)`, at);
  }
}

function checkGlobal(index: number, { globals }: ConstantScope, at: number): void {
  if (index >= globals)
    unsupported(`global ${index}, that is not imported, in a constant expression (GC)`, at);
}

function checkFunction(index: number, { functions }: ConstantScope, at: number): void {
  if (index >= functions) malformed(`unknown function ${index}`, at);
}

/** The reference type of `ref.null`. */
export function readReference(reader: ModuleReader): string {
  const { at } = reader;
  const letter = readValueType(reader);
  return isReference(letter) ? letter : malformed("a reference to a number", at);
}
