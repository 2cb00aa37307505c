import { type ConstantScope, skipConstant, readReference } from "./module-constants.ts";
import { malformed, unsupported } from "./module-error.ts";
import { ModuleReader } from "./module-reader.ts";
import { type ModuleSections, SECTION } from "./module-sections.ts";

/** What is copied into tables and memory before a module's first instruction. */
export interface ModuleSegments {
  /** Entries of element segments. */
  readonly elements: number;
  /** Bytes of data segments. */
  readonly dataBytes: number;
}

const MAX_SEGMENTS = 100_000;
/** V8's limit on the entries of a segment. */
const MAX_ENTRIES = 10_000_000;
const FUNCTION_KIND = 0;

/** Passes over the segments of a module (core specification, 5.5.12 and 5.5.14), and measures them. */
export function readSegments(
  bytes: Uint8Array,
  sections: ModuleSections,
  scope: ConstantScope,
): ModuleSegments {
  const sum = (number: number, readOne: (reader: ModuleReader, scope: ConstantScope) => number): number => {
    const section = sections.byNumber.get(number);
    if (section === undefined) return 0;
    const reader = new ModuleReader(bytes, section.start, section.end);
    let total = 0;
    for (let left = reader.count("segments", MAX_SEGMENTS); left > 0; left -= 1) {
      total += readOne(reader, scope);
    }
    if (!reader.atEnd) malformed("more than its segments", reader.at);
    return total;
  };
  return { elements: sum(SECTION.element, skipElements), dataBytes: sum(SECTION.data, skipData) };
}

function skipElements(reader: ModuleReader, scope: ConstantScope): number {
  const { at } = reader;
  const flags = reader.u32();
  if (flags > 7) unsupported(`an element segment of kind ${flags}`, at);
  const passive = (flags & 1) !== 0;
  const explicit = (flags & 2) !== 0;
  const expressions = (flags & 4) !== 0;
  if (!passive && explicit) reader.u32();
  if (!passive) skipConstant(reader, scope);
  if (passive || explicit) {
    if (expressions) readReference(reader);
    else if (reader.u8() !== FUNCTION_KIND) malformed("an unknown kind of elements", reader.at - 1);
  }
  const count = reader.count("elements", MAX_ENTRIES);
  for (let left = count; left > 0; left -= 1) {
    if (expressions) skipConstant(reader, scope);
    else if (reader.u32() >= scope.functions) malformed("an unknown function", reader.at);
  }
  return count;
}

function skipData(reader: ModuleReader, scope: ConstantScope): number {
  const { at } = reader;
  const flags = reader.u32();
  if (flags > 2) malformed(`a data segment of kind ${flags}`, at);
  if (flags === 2 && reader.u32() !== 0) unsupported("a second memory (multi-memory)", at);
  if (flags !== 1) skipConstant(reader, scope);
  const length = reader.u32();
  reader.skip(length);
  return length;
}
