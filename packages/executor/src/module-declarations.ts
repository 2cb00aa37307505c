import { type Limits, readGlobalType, readImports, readMemory, readTable } from "./module-imports.ts";
import type { GlobalType, ModuleImport, TableType } from "./module-imports.ts";
import { skipConstant } from "./module-constants.ts";
import { malformed, tooLarge, unsupported } from "./module-error.ts";
import { ModuleReader } from "./module-reader.ts";
import { type ModuleSections, SECTION } from "./module-sections.ts";
import { type FunctionType, readValueType } from "./module-types.ts";

/** What a module declares, everything but its code and data. */
export interface ModuleDeclarations {
  readonly types: readonly FunctionType[];
  readonly imports: readonly ModuleImport[];
  /** The type of every function, imported ones first. */
  readonly functions: readonly FunctionType[];
  readonly importedFunctions: number;
  /** Imported ones first, and so below. */
  readonly globals: readonly GlobalType[];
  readonly importedGlobals: number;
  readonly tables: readonly TableType[];
  readonly importedTables: number;
  readonly memories: readonly Limits[];
  readonly importedMemories: number;
  readonly exports: readonly ModuleExport[];
  /** The function that runs at the start. */
  readonly start: number | undefined;
}

export interface ModuleExport {
  readonly name: string;
  readonly kind: number;
  readonly index: number;
}

/** The kinds of what is imported and exported (core specification, 5.5.5). */
export const KIND = { function: 0, table: 1, memory: 2, global: 3 } as const;

/** Entries of one section, at most: what V8 takes. */
const MAX_ENTRIES = 1_000_000;
/** Imports and exports cost a hundred times their bytes here, and again wherever the module is instantiated. */
const MAX_IMPORTS = 10_000;
const MAX_EXPORTS = 100_000;
/** Parameters, and results, of one function. */
const MAX_VALUES = 1_000;
const MAX_TABLES = 16;
const FUNCTION_FORM = 0x60;

/**
 * Decodes what the sections of a module declare (core specification, 5.5).
 *
 * @throws {ModuleError}
 */
export function readDeclarations(bytes: Uint8Array, sections: ModuleSections): ModuleDeclarations {
  const read = <T>(
    number: number,
    what: string,
    readOne: (reader: ModuleReader) => T,
    max = MAX_ENTRIES,
  ): readonly T[] => readSection(bytes, { sections, number, what, max }, readOne);
  const types = read(SECTION.type, "types", readFunctionType);
  const imports = read(SECTION.import, "imports", (reader) => readImports(reader, types), MAX_IMPORTS);
  const imported = <T>(pick: (entry: ModuleImport) => T | undefined): readonly T[] =>
    imports.flatMap((entry) => pick(entry) ?? []);
  const importedFunctions = imported(({ type }) => type);
  const importedTables = imported(({ table }) => table);
  const importedMemories = imported(({ memory }) => memory);
  const importedGlobals = imported(({ global }) => global);
  const defined = read(SECTION.function, "functions", (reader) => typeAt(reader, types));
  const functions = [...importedFunctions, ...defined];
  const tables = [...importedTables, ...read(SECTION.table, "tables", readTable)];
  const memories = [...importedMemories, ...read(SECTION.memory, "memories", readMemory)];
  checkCounts(tables.length, memories.length);
  const constants = { globals: importedGlobals.length, functions: functions.length };
  const globals = read(SECTION.global, "globals", (reader) => {
    const type = readGlobalType(reader);
    skipConstant(reader, constants);
    return type;
  });
  return {
    types,
    imports,
    functions,
    importedFunctions: importedFunctions.length,
    globals: [...importedGlobals, ...globals],
    importedGlobals: importedGlobals.length,
    tables,
    importedTables: importedTables.length,
    memories,
    importedMemories: importedMemories.length,
    exports: read(SECTION.export, "exports", readExport, MAX_EXPORTS),
    start: readStart(bytes, sections),
  };
}

interface Which {
  readonly sections: ModuleSections;
  readonly number: number;
  readonly what: string;
  readonly max: number;
}

function readSection<T>(
  bytes: Uint8Array,
  { sections, number, what, max }: Which,
  readOne: (reader: ModuleReader) => T,
): readonly T[] {
  const section = sections.byNumber.get(number);
  if (section === undefined) return [];
  const reader = new ModuleReader(bytes, section.start, section.end);
  const all: T[] = [];
  for (let left = reader.count(what, max); left > 0; left -= 1) all.push(readOne(reader));
  if (!reader.atEnd) malformed(`more than its ${what}`, reader.at);
  return all;
}

function readFunctionType(reader: ModuleReader): FunctionType {
  const { at } = reader;
  const form = reader.u8();
  if (form !== FUNCTION_FORM) unsupported(`GC types (form 0x${form.toString(16)})`, at);
  const parameters = readTypes(reader, "parameters");
  return { parameters, results: readTypes(reader, "results") };
}

function readTypes(reader: ModuleReader, what: string): string {
  // Text that is added to letter by letter would take thirty times the bytes of the module until it is read.
  return Array.from({ length: reader.count(what, MAX_VALUES) }, () => readValueType(reader)).join("");
}

function typeAt(reader: ModuleReader, types: readonly FunctionType[]): FunctionType {
  const { at } = reader;
  const index = reader.u32();
  return types[index] ?? malformed(`unknown type ${index}`, at);
}

function checkCounts(tables: number, memories: number): void {
  if (memories > 1) tooLarge(`unsupported: ${memories} memories (multi-memory)`);
  if (tables > MAX_TABLES) tooLarge(`unsupported: ${tables} tables, over the limit of ${MAX_TABLES}`);
}

function readExport(reader: ModuleReader): ModuleExport {
  const name = reader.name();
  const { at } = reader;
  const kind = reader.u8();
  if (kind > KIND.global) unsupported(`export "${name}" of kind ${kind} (exception handling)`, at);
  return { name, kind, index: reader.u32() };
}

function readStart(bytes: Uint8Array, { byNumber }: ModuleSections): number | undefined {
  const section = byNumber.get(SECTION.start);
  if (section === undefined) return undefined;
  const reader = new ModuleReader(bytes, section.start, section.end);
  const index = reader.u32();
  return reader.atEnd ? index : malformed("more than its start function", reader.at);
}
