/** A module's section: its id and its content. */
function section(id: number, content: readonly number[]): readonly number[] {
  return [id, content.length, ...content];
}

function named(text: string): readonly number[] {
  return [text.length, ...Buffer.from(text)];
}

const HEADER = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
const FUNCTION = 0x00;
/** Type 0 takes nothing, type 1 one i32. */
const TYPES = section(1, [2, 0x60, 0, 0, 0x60, 1, 0x7f, 0]);
const IMPORTS = section(2, [1, ...named("wasi_snapshot_preview1"), ...named("proc_exit"), FUNCTION, 1]);
const FUNCTIONS = section(3, [1, 0]);
const MEMORY = section(5, [1, 0, 1]);
const EXPORTS = section(7, [2, ...named("memory"), 2, 0, ...named("_start"), FUNCTION, 1]);

/** A command whose `_start` is `code`; function 0 is `proc_exit`. */
function command(code: readonly number[]): Uint8Array {
  const body = [0, ...code, 0x0b];
  const codes = section(10, [1, body.length, ...body]);
  return Uint8Array.from([...HEADER, ...TYPES, ...IMPORTS, ...FUNCTIONS, ...MEMORY, ...EXPORTS, ...codes]);
}

/** `_start` is `unreachable`. */
export const TRAPPING_MODULE: Uint8Array = command([0x00]);
/** `_start` ends with exit code 1. */
export const EXITING_MODULE: Uint8Array = command([0x41, 1, 0x10, 0]);
/** `_start` never ends. */
export const ENDLESS_MODULE: Uint8Array = command([0x03, 0x40, 0x0c, 0, 0x0b]);
