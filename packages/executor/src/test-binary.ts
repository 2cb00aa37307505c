import { PREAMBLE, SECTION } from "./module-sections.ts";
import { TYPE_CODE } from "./module-types.ts";
import { ModuleWriter } from "./module-writer.ts";

/** Bytes of code, in either form. */
export type Code = Uint8Array | readonly number[];

/** A function of a module that a test makes, byte by byte. */
export interface BinaryFunction {
  /** The number of its type. */
  readonly type?: number;
  /** Such as `[49_000, "i"]`. */
  readonly locals?: readonly (readonly [number, string])[];
  /** Without the final `end`. */
  readonly code: Code;
}

/** A module that a test makes, where its text would be too long. */
export interface BinaryModule {
  /** Such as `["ii", "i"]`: parameters and results. @default one that takes and leaves nothing */
  readonly types?: readonly (readonly [string, string])[];
  readonly imports?: readonly { readonly module: string; readonly name: string; readonly type: number }[];
  readonly functions: readonly BinaryFunction[];
  /** Exported functions by name. @default the first one that isn't imported is `_start` */
  readonly exports?: Iterable<readonly [string, number]>;
  readonly memoryPages?: number;
  /** How many custom sections without a name it ends with. */
  readonly customSections?: number;
}

const MAX_BYTES = 128 * 1024 * 1024;
const FUNCTION_FORM = 0x60;
const END = 0x0b;

/** The binary of `module`, valid or not. */
export function binaryOf(module: BinaryModule): Uint8Array {
  const { types = [["", ""]], imports = [], functions, memoryPages, customSections = 0 } = module;
  const { exports = [["_start", imports.length]] } = module;
  const out = new ModuleWriter(MAX_BYTES);
  const list = <T>(
    number: number,
    all: readonly T[],
    write: (entry: T, into: ModuleWriter) => void,
  ): void => {
    out.u8(number);
    out.sized(new ModuleWriter(MAX_BYTES), (into) => {
      into.u32(all.length);
      for (const entry of all) write(entry, into);
    });
  };
  out.op(...PREAMBLE);
  list(SECTION.type, types, ([parameters, results], into) => {
    into.u8(FUNCTION_FORM);
    for (const letters of [parameters, results]) {
      into.u32(letters.length);
      for (const letter of letters) into.u8(TYPE_CODE[letter] ?? 0);
    }
  });
  list(SECTION.import, imports, ({ module: from, name, type }, into) => {
    into.name(from);
    into.name(name);
    into.u8(0);
    into.u32(type);
  });
  list(SECTION.function, functions, ({ type = 0 }, into) => into.u32(type));
  if (memoryPages !== undefined) {
    list(SECTION.memory, [memoryPages], (pages, into) => {
      into.u8(0);
      into.u32(pages);
    });
  }
  list(SECTION.export, [...exports], ([name, index], into) => {
    into.name(name);
    into.u8(0);
    into.u32(index);
  });
  const body = new ModuleWriter(MAX_BYTES);
  list(SECTION.code, functions, ({ locals = [], code }, into) => {
    into.sized(body, (inner) => {
      inner.u32(locals.length);
      for (const [many, letter] of locals) {
        inner.u32(many);
        inner.u8(TYPE_CODE[letter] ?? 0);
      }
      inner.raw(Uint8Array.from(code));
      inner.u8(END);
    });
  });
  for (let left = customSections; left > 0; left -= 1) out.op(SECTION.custom, 1, 0);
  return out.written().slice();
}

/** `code` as often as `times`. */
export function repeated(times: number, code: readonly number[]): Uint8Array {
  const all = new Uint8Array(times * code.length);
  for (let index = 0; index < times; index += 1) all.set(code, index * code.length);
  return all;
}

/** What all of `parts` are, one after the other. */
export function joined(...parts: readonly Code[]): Uint8Array {
  return Buffer.concat(parts.map((part) => Uint8Array.from(part)));
}

/** An unsigned LEB128 number. */
export function leb(value: number): readonly number[] {
  const out = new ModuleWriter(16);
  out.u32(value);
  return [...out.written()];
}
