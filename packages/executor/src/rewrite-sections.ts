import { KIND, type ModuleDeclarations, type ModuleExport } from "./module-declarations.ts";
import type { Limits, ModuleImport } from "./module-imports.ts";
import { ModuleReader } from "./module-reader.ts";
import { type ModuleSections, SECTION } from "./module-sections.ts";
import { type FunctionType, TYPE_CODE } from "./module-types.ts";
import { ModuleWriter } from "./module-writer.ts";
import type { Caps } from "./rewrite-caps.ts";
import { LINK_NAMESPACE, LINKED_GLOBALS, RESERVED, type RewriteOptions } from "./rewrite-options.ts";

/** What the sections of a rewritten module are made of. */
export interface SectionContext {
  readonly bytes: Uint8Array;
  readonly sections: ModuleSections;
  readonly declarations: ModuleDeclarations;
  readonly caps: Caps;
  readonly options: RewriteOptions;
  readonly blockTypes: BlockTypes;
  /** The code section's content; undefined where there is none. */
  readonly code: Uint8Array | undefined;
}

/** The types of blocks that leave several values, behind those that a module has. */
export class BlockTypes {
  readonly added: FunctionType[] = [];
  readonly #types: readonly FunctionType[];
  readonly #known = new Map<string, number>();

  constructor(types: readonly FunctionType[]) {
    this.#types = types;
  }

  /** The number of the type that takes nothing and leaves `results`. */
  indexOf(results: string): number {
    const known = this.#known.get(results);
    if (known !== undefined) return known;
    const index = this.#types.length + this.added.length;
    this.added.push({ parameters: "", results });
    this.#known.set(results, index);
    return index;
  }
}

type Write = (into: ModuleWriter) => void;

const FUNCTION_FORM = 0x60;
const END = 0x0b;
const MAX_SECTION_BYTES = 2 ** 30;

/** Writes section `number` of a rewritten module, if it has one. */
export function writeSection(number: number, context: SectionContext, out: ModuleWriter): void {
  const content = contentOf(number, context);
  if (content === undefined) return;
  out.u8(number);
  out.u32(content.length);
  out.raw(content);
}

function contentOf(number: number, context: SectionContext): Uint8Array | undefined {
  const { declarations, caps, options, blockTypes } = context;
  const ownTables = declarations.tables.slice(declarations.importedTables);
  const ownMemories = declarations.memories.slice(declarations.importedMemories);
  switch (number) {
    case SECTION.start:
      return undefined;
    case SECTION.code:
      return context.code;
    case SECTION.type:
      return extend(context, number, blockTypes.added.map(typeWriter));
    case SECTION.import:
      return listOf([...declarations.imports.map(importWriter(context)), ...linkWriters(options)]);
    case SECTION.table: {
      const tableCaps = caps.tables.slice(declarations.importedTables);
      return listOf(
        ownTables.map((table, index) => (into) => {
          into.u8(TYPE_CODE[table.element] ?? 0);
          writeLimits(table, tableCaps[index], into);
        }),
      );
    }
    case SECTION.memory: {
      const memoryCaps = caps.memories.slice(declarations.importedMemories);
      return listOf(
        ownMemories.map((memory, index) => (into) => writeLimits(memory, memoryCaps[index], into)),
      );
    }
    case SECTION.global:
      return extend(context, number, options.linked ? maxPagesWriters(context) : globalWriters(options));
    case SECTION.export:
      return options.linked
        ? listOf([...declarations.exports.map(movedExport(declarations)), ...exportWriters(context)])
        : extend(context, number, exportWriters(context));
    default:
      return extend(context, number, []);
  }
}

/** Section `number` as it is, with entries `added`; undefined where it would be empty. */
function extend(
  { bytes, sections }: SectionContext,
  number: number,
  added: readonly Write[],
): Uint8Array | undefined {
  const section = sections.byNumber.get(number);
  if (section === undefined) return listOf(added);
  if (added.length === 0) return bytes.subarray(section.start, section.end);
  const reader = new ModuleReader(bytes, section.start, section.end);
  const count = reader.u32();
  const out = new ModuleWriter(MAX_SECTION_BYTES);
  out.u32(count + added.length);
  out.raw(bytes, reader.at, section.end);
  for (const write of added) write(out);
  return out.written();
}

function listOf(entries: readonly Write[]): Uint8Array | undefined {
  if (entries.length === 0) return undefined;
  const out = new ModuleWriter(MAX_SECTION_BYTES);
  out.u32(entries.length);
  for (const write of entries) write(out);
  return out.written();
}

function typeWriter({ parameters, results }: FunctionType): Write {
  return (into) => {
    into.u8(FUNCTION_FORM);
    for (const letters of [parameters, results]) {
      into.u32(letters.length);
      for (const letter of letters) into.u8(TYPE_CODE[letter] ?? 0);
    }
  };
}

function importWriter({ bytes, declarations, caps }: SectionContext): (entry: ModuleImport) => Write {
  const tableCaps = new Map(of(declarations.imports, "table").map((entry, at) => [entry, caps.tables[at]]));
  const memoryCaps = new Map(
    of(declarations.imports, "memory").map((entry, at) => [entry, caps.memories[at]]),
  );
  return (entry) => (into) => {
    const { start, kindAt, end, table, memory } = entry;
    if (table === undefined && memory === undefined) {
      into.raw(bytes, start, end);
      return;
    }
    into.raw(bytes, start, kindAt + 1);
    if (table !== undefined) {
      into.u8(TYPE_CODE[table.element] ?? 0);
      writeLimits(table, tableCaps.get(entry), into);
    }
    if (memory !== undefined) writeLimits(memory, memoryCaps.get(entry), into);
  };
}

function of(imports: readonly ModuleImport[], what: "table" | "memory"): readonly ModuleImport[] {
  return imports.filter((entry) => entry[what] !== undefined);
}

function writeLimits({ initial }: Limits, max: number | undefined, into: ModuleWriter): void {
  into.u8(max === undefined ? 0 : 1);
  into.u32(initial);
  if (max !== undefined) into.u32(max);
}

function linkWriters({ linked }: RewriteOptions): readonly Write[] {
  if (!linked) return [];
  const write =
    (name: string, type: string, mutable: 0 | 1): Write =>
    (into) => {
      into.name(LINK_NAMESPACE);
      into.name(name);
      into.op(KIND.global, TYPE_CODE[type] ?? 0, mutable);
    };
  return [write(RESERVED.fuel, "I", 1), write(RESERVED.depth, "i", 1), write(RESERVED.maxPages, "I", 0)];
}

/** What a memory of its own may grow to, for modules that import it. */
function maxPagesWriters({ declarations, caps }: SectionContext): readonly Write[] {
  if (!hasOwnMemory(declarations)) return [];
  return [
    (into) => {
      into.op(TYPE_CODE["I"] ?? 0, 0, 0x42);
      into.signed(caps.memories[0] ?? 0);
      into.u8(END);
    },
  ];
}

function hasOwnMemory({ memories, importedMemories }: ModuleDeclarations): boolean {
  return memories.length > importedMemories;
}

function globalWriters({ maxFrameSlots }: RewriteOptions): readonly Write[] {
  const write =
    (type: string, opcode: number, value: number): Write =>
    (into) => {
      into.op(TYPE_CODE[type] ?? 0, 1, opcode);
      into.signed(value);
      into.u8(END);
    };
  return [write("I", 0x42, 0), write("i", 0x41, maxFrameSlots)];
}

/** The globals that are imported for the link stand before a module's own, which are so as many further on. */
function movedExport({ importedGlobals }: ModuleDeclarations): (entry: ModuleExport) => Write {
  return ({ name, kind, index }) =>
    (into) => {
      into.name(name);
      into.u8(kind);
      into.u32(kind === KIND.global && index >= importedGlobals ? index + LINKED_GLOBALS : index);
    };
}

function exportWriters({ declarations, options }: SectionContext): readonly Write[] {
  const { globals, importedGlobals, memories, start } = declarations;
  const first = options.linked ? importedGlobals : globals.length;
  const write =
    (name: string, kind: number, index: number): Write =>
    (into) => {
      into.name(name);
      into.u8(kind);
      into.u32(index);
    };
  return [
    ...(options.linked ? [] : [write(RESERVED.fuel, KIND.global, first)]),
    ...(options.linked ? [] : [write(RESERVED.depth, KIND.global, first + 1)]),
    ...(start === undefined ? [] : [write(RESERVED.start, KIND.function, start)]),
    ...(memories.length === 0 ? [] : [write(RESERVED.memory, KIND.memory, 0)]),
    ...(options.linked && hasOwnMemory(declarations)
      ? [write(RESERVED.maxPages, KIND.global, globals.length + LINKED_GLOBALS)]
      : []),
  ];
}
