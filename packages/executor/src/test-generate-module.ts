import { ModuleWriter } from "./module-writer.ts";
import { TYPE_CODE } from "./module-types.ts";
import { generateCode } from "./test-generate-code.ts";
import type { GeneratedFunction } from "./test-generate-values.ts";
import { type TestRandom, testRandom } from "./test-random.ts";

/** How a module is generated. */
export interface GenerateOptions {
  /**
   * Whether NaN bits that are the machine's stay unseen: then the module itself canonicalises what it stores,
   * reinterprets and computes with vectors, and must do the same whether it is rewritten or not.
   */
  readonly tight: boolean;
}

/** Of every generated module: its mutable globals, by the letters of their types. The first is its own budget. */
export const GLOBAL_TYPES = "iIfFviIfF";
/** Loop rounds and calls that it makes before it stops by itself. */
const BUDGET = 400;
const MAX_BYTES = 1_000_000;

/** A valid module, the same for the same seed; its export `run` takes nothing, and always comes to an end. */
export function generateModule(seed: number, options: GenerateOptions): Uint8Array {
  const random = testRandom(seed);
  const functions = Array.from({ length: 3 + random.below(5) }, (_, index) => signature(random, index));
  const types = [...functions, { parameters: "iI", results: "iI" }];
  const scratch = new ModuleWriter(MAX_BYTES);
  const out = new ModuleWriter(MAX_BYTES);
  out.op(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
  const section = (number: number, write: (into: ModuleWriter) => void): void => {
    out.u8(number);
    out.sized(scratch, write);
  };
  section(1, (into) => list(into, types, (type) => writeType(into, type)));
  section(3, (into) => list(into, functions, (_, index) => into.u32(index)));
  section(4, (into) => into.op(1, 0x70, 1, functions.length, functions.length + 9));
  section(5, (into) => into.op(1, 1, 1, 3));
  section(6, (into) =>
    list(into, Array.from(GLOBAL_TYPES), (letter, index) => writeGlobal(into, letter, index)),
  );
  section(7, (into) => {
    into.u32(GLOBAL_TYPES.length + 2);
    for (let index = 0; index < GLOBAL_TYPES.length; index += 1) {
      into.name(`g${index}`);
      into.op(3, index);
    }
    into.name("memory");
    into.op(2, 0);
    into.name("run");
    into.op(0, 0);
  });
  section(9, (into) => {
    into.op(1, 0, 0x41, 0, 0x0b);
    list(into, functions, (_, index) => into.u32(index));
  });
  section(12, (into) => into.u32(2));
  section(10, (into) => {
    into.u32(functions.length);
    for (const [index] of functions.entries()) {
      const body = generateCode(random, { index, functions, globals: GLOBAL_TYPES, ...options });
      into.u32(body.length);
      into.raw(body);
    }
  });
  section(11, (into) => {
    into.op(2, 0, 0x41, 0, 0x0b);
    writeData(into, random, 512);
    into.u8(1);
    writeData(into, random, 64);
  });
  return out.written().slice();
}

function signature(random: TestRandom, index: number): GeneratedFunction {
  const letters = (max: number): string =>
    Array.from({ length: random.below(max + 1) }, () => random.pick(["i", "I", "f", "F", "v"])).join("");
  return index === 0 ? { parameters: "", results: "" } : { parameters: letters(4), results: letters(3) };
}

function list<T>(into: ModuleWriter, all: readonly T[], write: (one: T, index: number) => void): void {
  into.u32(all.length);
  for (const [index, one] of all.entries()) write(one, index);
}

function writeType(into: ModuleWriter, { parameters, results }: GeneratedFunction): void {
  into.u8(0x60);
  for (const letters of [parameters, results]) {
    into.u32(letters.length);
    for (const letter of letters) into.u8(TYPE_CODE[letter] ?? 0);
  }
}

function writeGlobal(into: ModuleWriter, letter: string, index: number): void {
  into.op(TYPE_CODE[letter] ?? 0, 1);
  if (letter === "i" || letter === "I") {
    into.u8(letter === "i" ? 0x41 : 0x42);
    into.signed(index === 0 ? BUDGET : 7);
  } else if (letter === "f") into.op(0x43, 1, 0, 0xa0, 0x7f);
  else if (letter === "F") into.op(0x44, 1, 0, 0, 0, 0, 0, 0xf4, 0xff);
  else into.op(0xfd, 12, 1, 0, 0xc0, 0xff, 0, 0, 0x80, 0x3f, 5, 0, 0, 0, 0, 0, 0xf0, 0x7f);
  into.u8(0x0b);
}

/** Bytes that hold small numbers, infinities and NaNs as often as anything. */
function writeData(into: ModuleWriter, random: TestRandom, lengthBytes: number): void {
  into.u32(lengthBytes);
  for (let left = lengthBytes; left > 0; left -= 1) {
    into.u8(random.pick([0, 0, 0x7f, 0xff, 0xf0, 0xf8, 0xc0, 0x80, 0x3f, 0x40, 1, random.below(256)]));
  }
}
