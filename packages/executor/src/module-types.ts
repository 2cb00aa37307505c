import { unsupported } from "./module-error.ts";
import type { ModuleReader } from "./module-reader.ts";

/**
 * A function's types, a letter each: `i` i32, `I` i64, `f` f32, `F` f64, `v` v128, `r` funcref, `x` externref.
 */
export interface FunctionType {
  readonly parameters: string;
  readonly results: string;
}

/** Binary codes of value types (core specification, 5.3.1) by letter. */
export const TYPE_CODE: Readonly<Record<string, number>> = {
  i: 0x7f,
  I: 0x7e,
  f: 0x7d,
  F: 0x7c,
  v: 0x7b,
  r: 0x70,
  x: 0x6f,
};

const LETTER = new Map(Object.entries(TYPE_CODE).map(([letter, code]) => [code, letter]));
const UNSUPPORTED_TYPES: Readonly<Record<number, string>> = {
  0x74: "an exception type",
  0x69: "an exception type",
  0x68: "a continuation type",
  0x67: "stringref",
  0x66: "stringref",
  0x64: "a typed reference",
  0x63: "a typed reference",
};

/** The letter of the value type with binary code `code`, found at `at`. */
export function letterOf(code: number, at: number): string {
  const letter = LETTER.get(code);
  if (letter !== undefined) return letter;
  const what = UNSUPPORTED_TYPES[code] ?? "a type of the GC proposal, or an unknown one,";
  return unsupported(`${what} (0x${code.toString(16)})`, at);
}

export function readValueType(reader: ModuleReader): string {
  const { at } = reader;
  return letterOf(reader.u8(), at);
}

export function isReference(letter: string): boolean {
  return letter === "r" || letter === "x";
}
