/** What a module is made of, as far as it decides whether it can be run. */
export interface ModuleShape {
  readonly imports: readonly ModuleImport[];
  /** Exported functions, by name. */
  readonly functions: ReadonlyMap<string, FunctionType>;
  /** At most one; its pages at the start. */
  readonly memoryPages: number | undefined;
}

/** A function's types, a letter each: `i` i32, `I` i64, `f` f32, `F` f64, `v` v128, `r` a reference. */
export interface FunctionType {
  readonly parameters: string;
  readonly results: string;
}

export interface ModuleImport {
  readonly module: string;
  readonly name: string;
  /** Undefined for what isn't a function. */
  readonly type: FunctionType | undefined;
}

/** A module that asks for what isn't offered; the message names it. */
class UnsupportedModule extends Error {}

/** Tables of a module, and their entries at the start, at most. */
const MAX_TABLES = 16;
const MAX_TABLE_ENTRIES = 1_000_000;

const PREAMBLE_BYTES = 8;
const SECTION = { type: 1, import: 2, function: 3, table: 4, memory: 5, export: 7 } as const;
const KIND = { function: 0, table: 1, memory: 2, global: 3 } as const;
const FUNCTION_FORM = 0x60;
const VALUE_TYPES: Readonly<Record<number, string>> = {
  0x7f: "i",
  0x7e: "I",
  0x7d: "f",
  0x7c: "F",
  0x7b: "v",
  0x70: "r",
  0x6f: "r",
};
const utf8 = new TextDecoder();

/**
 * Reads the shape of a module that the engine has found valid (WebAssembly core specification, 5.5).
 *
 * @throws {UnsupportedModule} for shared or 64-bit memories, several memories, types of the GC proposal, too large tables
 */
export function readModuleShape(bytes: Uint8Array): ModuleShape {
  const reader = { bytes, at: PREAMBLE_BYTES };
  const types: FunctionType[] = [];
  const imports: ModuleImport[] = [];
  const functions: FunctionType[] = [];
  const exported: { readonly name: string; readonly index: number }[] = [];
  let memoryPages: number | undefined;
  while (reader.at < bytes.length) {
    const section = readByte(reader);
    const end = readNumber(reader) + reader.at;
    if (section === SECTION.type) readAll(reader, () => types.push(readFunctionType(reader)));
    if (section === SECTION.import) readAll(reader, () => imports.push(readImport(reader, types)));
    if (section === SECTION.function)
      readAll(reader, () => functions.push(typeAt(types, readNumber(reader))));
    if (section === SECTION.table) checkTables(readAll(reader, () => readTable(reader)));
    if (section === SECTION.memory) memoryPages = onlyMemory(readAll(reader, () => readMemory(reader)));
    if (section === SECTION.export) readAll(reader, () => readExport(reader, exported));
    reader.at = end;
  }
  const all = [...imports.flatMap(({ type }) => type ?? []), ...functions];
  return {
    imports,
    functions: new Map(exported.map(({ name, index }) => [name, typeAt(all, index)])),
    memoryPages,
  };
}

interface Reader {
  readonly bytes: Uint8Array;
  at: number;
}

function readAll<T>(reader: Reader, readOne: () => T): readonly T[] {
  const all: T[] = [];
  for (let left = readNumber(reader); left > 0; left -= 1) all.push(readOne());
  return all;
}

function readByte(reader: Reader): number {
  const byte = reader.bytes[reader.at];
  reader.at += 1;
  if (byte === undefined) throw new UnsupportedModule("it ends in the middle of a section");
  return byte;
}

/** An unsigned LEB128 number; those that don't fit lose precision, not their size. */
function readNumber(reader: Reader): number {
  let value = 0;
  for (let scale = 1; ; scale *= 128) {
    const byte = readByte(reader);
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return value;
  }
}

function readName(reader: Reader): string {
  const length = readNumber(reader);
  reader.at += length;
  return utf8.decode(reader.bytes.subarray(reader.at - length, reader.at));
}

function readValueType(reader: Reader): string {
  const code = readByte(reader);
  return VALUE_TYPES[code] ?? unsupported(`value type 0x${code.toString(16)} (GC or exception handling)`);
}

function readFunctionType(reader: Reader): FunctionType {
  if (readByte(reader) !== FUNCTION_FORM) unsupported("types of the GC proposal");
  const parameters = readAll(reader, () => readValueType(reader)).join("");
  return { parameters, results: readAll(reader, () => readValueType(reader)).join("") };
}

function readImport(reader: Reader, types: readonly FunctionType[]): ModuleImport {
  const module = readName(reader);
  const name = readName(reader);
  const kind = readByte(reader);
  if (kind === KIND.function) return { module, name, type: typeAt(types, readNumber(reader)) };
  if (kind === KIND.table) readTable(reader);
  else if (kind === KIND.memory) readMemory(reader);
  else if (kind === KIND.global) readGlobal(reader);
  else unsupported("exception handling");
  return { module, name, type: undefined };
}

function readExport(reader: Reader, exported: { readonly name: string; readonly index: number }[]): void {
  const name = readName(reader);
  const kind = readByte(reader);
  const index = readNumber(reader);
  if (kind === KIND.function) exported.push({ name, index });
}

function readLimits(reader: Reader): { readonly flags: number; readonly initial: number } {
  const flags = readByte(reader);
  const initial = readNumber(reader);
  if ((flags & 1) !== 0) readNumber(reader);
  return { flags, initial };
}

function readTable(reader: Reader): number {
  readValueType(reader);
  return readLimits(reader).initial;
}

function readGlobal(reader: Reader): void {
  readValueType(reader);
  readByte(reader);
}

function readMemory(reader: Reader): number {
  const { flags, initial } = readLimits(reader);
  if ((flags & 2) !== 0) unsupported("a shared memory (threads)");
  if ((flags & ~3) !== 0) unsupported("a 64-bit memory, or pages of another size");
  return initial;
}

function onlyMemory(pages: readonly number[]): number | undefined {
  return pages.length > 1 ? unsupported(`${pages.length} memories`) : pages[0];
}

function checkTables(entries: readonly number[]): void {
  if (entries.length > MAX_TABLES) unsupported(`${entries.length} tables, over the limit of ${MAX_TABLES}`);
  const sum = entries.reduce((total, count) => total + count, 0);
  if (sum > MAX_TABLE_ENTRIES) unsupported(`${sum} table entries, over the limit of ${MAX_TABLE_ENTRIES}`);
}

function typeAt(types: readonly FunctionType[], index: number): FunctionType {
  return types[index] ?? unsupported(`no type ${index}`);
}

function unsupported(what: string): never {
  throw new UnsupportedModule(`unsupported: ${what}`);
}
