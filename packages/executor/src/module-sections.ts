import { malformed, tooLarge, unsupported } from "./module-error.ts";
import { ModuleReader } from "./module-reader.ts";

/** Sections by their number (core specification, 5.5.2). */
export const SECTION = {
  custom: 0,
  type: 1,
  import: 2,
  function: 3,
  table: 4,
  memory: 5,
  global: 6,
  export: 7,
  start: 8,
  element: 9,
  code: 10,
  data: 11,
  dataCount: 12,
} as const;

/** The order in which they stand. */
export const SECTION_ORDER: readonly number[] = [
  SECTION.type,
  SECTION.import,
  SECTION.function,
  SECTION.table,
  SECTION.memory,
  SECTION.global,
  SECTION.export,
  SECTION.start,
  SECTION.element,
  SECTION.dataCount,
  SECTION.code,
  SECTION.data,
];

/** Where a section's content is, behind its number and size. */
export interface ModuleSection {
  readonly start: number;
  readonly end: number;
}

/** A module's sections by number, and the names of its custom sections. */
export interface ModuleSections {
  readonly byNumber: ReadonlyMap<number, ModuleSection>;
  readonly custom: readonly string[];
}

const MAX_CUSTOM_SECTIONS = 1000;

export const PREAMBLE: readonly number[] = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];

/**
 * Finds the sections of `bytes`.
 *
 * @throws {ModuleError} for a component, for sections out of order or twice, and for those of unknown numbers
 */
export function readSections(bytes: Uint8Array): ModuleSections {
  const reader = new ModuleReader(bytes);
  readPreamble(reader);
  const byNumber = new Map<number, ModuleSection>();
  const custom: string[] = [];
  let last = -1;
  while (!reader.atEnd) {
    const { at } = reader;
    const number = reader.u8();
    const size = reader.u32();
    const start = reader.at;
    reader.skip(size);
    if (number === SECTION.custom) {
      if (custom.length === MAX_CUSTOM_SECTIONS) tooLarge(`more than ${MAX_CUSTOM_SECTIONS} custom sections`);
      custom.push(new ModuleReader(bytes, start, reader.at).name());
      continue;
    }
    const place = SECTION_ORDER.indexOf(number);
    if (place === -1) refuseSection(number, at);
    if (place <= last) malformed(`section ${number} out of order`, at);
    last = place;
    byNumber.set(number, { start, end: reader.at });
  }
  return { byNumber, custom };
}

function readPreamble(reader: ModuleReader): void {
  const { bytes } = reader;
  if (PREAMBLE.every((byte, index) => bytes[index] === byte)) {
    reader.skip(PREAMBLE.length);
    return;
  }
  if (PREAMBLE.slice(0, 4).some((byte, index) => bytes[index] !== byte)) {
    malformed("something else than its magic word", 0);
  }
  if (bytes[6] === 1) unsupported("a component, and only core modules can be run,", 4);
  malformed("an unknown version", 4);
}

function refuseSection(number: number, at: number): never {
  if (number === 13) unsupported("exception handling (a tag section)", at);
  if (number === 14) unsupported("stringref (a string section)", at);
  malformed(`unknown section ${number}`, at);
}
