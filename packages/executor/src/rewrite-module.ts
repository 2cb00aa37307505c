import { MAX_FUNCTION_BYTES } from "./compile-weight.ts";
import { type ModuleDeclarations, readDeclarations } from "./module-declarations.ts";
import { ModuleError, malformed, tooLarge, unsupported } from "./module-error.ts";
import { ModuleReader } from "./module-reader.ts";
import { PREAMBLE, readSections, SECTION, SECTION_ORDER } from "./module-sections.ts";
import { type ModuleSegments, readSegments } from "./module-segments.ts";
import { ModuleWriter } from "./module-writer.ts";
import { capLimits, type Caps } from "./rewrite-caps.ts";
import { emitFunction, type RewriteCounts } from "./rewrite-emit.ts";
import { LINKED_GLOBALS, type RewriteOptions } from "./rewrite-options.ts";
import { FunctionScan } from "./rewrite-scan.ts";
import { BlockTypes, writeSection, type SectionContext } from "./rewrite-sections.ts";

export { RESERVED, type RewriteOptions } from "./rewrite-options.ts";

/** A module that is charged, capped and canonical, and what it was. */
export interface RewrittenModule {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly report: RewriteReport;
}

export interface RewriteReport {
  readonly sizeBytes: number;
  readonly rewrittenBytes: number;
  readonly declarations: ModuleDeclarations;
  readonly caps: Caps;
  readonly counts: RewriteCounts;
  /** Names of the custom sections that were left out. */
  readonly stripped: readonly string[];
  /** What is to be taken from the fuel for filling its tables and memory, before its first instruction. */
  readonly startFuel: number;
}

const RESERVED_PREFIX = "gadus.";

/** A rewritten module has these bytes at most, and so many more for each of its own, up to as many in all. */
const MAX_SPARE_BYTES = 1024 * 1024;
const MAX_GROWTH = 8;
const MAX_REWRITTEN_BYTES = 128 * 1024 * 1024;
/** V8's limit on one function. */
const MAX_REWRITTEN_FUNCTION_BYTES = 7_654_321;
/** Data that is copied for the price of one instruction, and what an entry of a table costs. */
const DATA_BYTES_PER_FUEL = 8;

/**
 * Rewrites a module so that it runs to the same bytes on every machine, within limits (profile `wasm/1`).
 *
 * - Fuel: each basic block is charged where it begins, or with one before that it always follows, one for each
 *   instruction but `else` and `end`; entering a function one more for each eight slots of its locals; a call or
 *   branch one more for each eight values that it passes; bulk instructions one more for each eight bytes or one
 *   entry, growth 8192 a page. What is left is checked where a loop begins anew, where a function that calls
 *   others is entered, and at bulk instructions; below zero it traps. After any other trap than `unreachable` it
 *   is as it was there, or at the last call.
 * - A result of float arithmetic that is NaN is made the canonical one before anything can see its bits.
 * - The maximum of memories and tables is capped, and growth beyond answers -1.
 * - Call depth: functions that call others, or whose frame is large, are charged eight slots, their locals and
 *   operands while they are under way; below zero it traps.
 * - Custom sections are left out, and the start function is exported in place of being run.
 *
 * `bytes` may be anything: what comes of a module that is not valid is not valid either.
 *
 * @throws {ModuleError} which names what was found, and where
 */
export function rewriteModule(bytes: Uint8Array, options: RewriteOptions): RewrittenModule {
  const sections = readSections(bytes);
  const declarations = readDeclarations(bytes, sections);
  checkNames(declarations);
  const scope = { globals: declarations.importedGlobals, functions: declarations.functions.length };
  const segments = readSegments(bytes, sections, scope);
  const caps = capLimits(declarations, options);
  const out = new ModuleWriter(maxBytesOf(bytes), bytes.length * 2);
  const blockTypes = new BlockTypes(declarations.types);
  const counts = { charges: 0, canonicalNans: 0, growths: 0 };
  const code = rewriteCode({ bytes, sections, declarations, blockTypes, caps, options, counts });
  const context = { bytes, sections, declarations, caps, options, blockTypes, code };
  out.raw(Uint8Array.from(PREAMBLE));
  for (const number of SECTION_ORDER) writeSection(number, context, out);
  const rewritten = out.written().slice();
  return {
    bytes: rewritten,
    report: {
      sizeBytes: bytes.length,
      rewrittenBytes: rewritten.length,
      declarations,
      caps,
      counts,
      stripped: sections.custom,
      startFuel: startFuelOf(declarations, segments),
    },
  };
}

function maxBytesOf(bytes: Uint8Array): number {
  return Math.min(bytes.length * MAX_GROWTH + MAX_SPARE_BYTES, MAX_REWRITTEN_BYTES);
}

function checkNames({ imports, exports }: ModuleDeclarations): void {
  const taken = exports.find(({ name }) => name.startsWith(RESERVED_PREFIX));
  if (taken !== undefined) refuseName(`export "${taken.name}"`);
  const asked = imports.find(({ name }) => name.startsWith(RESERVED_PREFIX));
  if (asked !== undefined) refuseName(`import "${asked.module}.${asked.name}"`);
}

function refuseName(found: string): never {
  throw new ModuleError(
    "unsupported",
    `unsupported: ${found} (names with "${RESERVED_PREFIX}" are reserved)`,
  );
}

function startFuelOf({ tables }: ModuleDeclarations, { elements, dataBytes }: ModuleSegments): number {
  const entries = tables.reduce((sum, { initial }) => sum + initial, elements);
  return entries + Math.floor(dataBytes / DATA_BYTES_PER_FUEL);
}

type CodeContext = Pick<
  SectionContext,
  "bytes" | "sections" | "declarations" | "blockTypes" | "caps" | "options"
> & { readonly counts: RewriteCounts };

/** The content of the code section, rewritten; undefined where there is none. */
function rewriteCode(context: CodeContext): Uint8Array | undefined {
  const { bytes, sections, declarations, blockTypes, caps, options, counts } = context;
  const { functions, importedFunctions, importedGlobals, globals, importedMemories, importedTables } =
    declarations;
  const wanted = functions.length - importedFunctions;
  const section = sections.byNumber.get(SECTION.code);
  if (section === undefined) {
    if (wanted > 0) malformed(`no code for ${wanted} functions`, bytes.length);
    return undefined;
  }
  const reader = new ModuleReader(bytes, section.start, section.end);
  const count = reader.count("functions", functions.length);
  if (count !== wanted) malformed(`code for ${count} functions, and not for ${wanted},`, section.start);
  const first = options.linked ? importedGlobals : globals.length;
  const emit = {
    bytes,
    fuel: first,
    depth: first + 1,
    canonicalNans: options.canonicalNans ?? true,
    maxMemoryPages: importedMemories > 0 ? undefined : caps.memories[0],
    sharedMaxPages: options.linked && importedMemories > 0 ? first + 2 : undefined,
    maxTableElements: caps.tables.map((max, table) => (table < importedTables ? undefined : max)),
    blockType: (results: string) => blockTypes.indexOf(results),
    counts,
  };
  const out = new ModuleWriter(maxBytesOf(bytes), bytes.length * 2);
  const scratch = new ModuleWriter(MAX_REWRITTEN_FUNCTION_BYTES);
  const scan = new FunctionScan(declarations, options.linked ? LINKED_GLOBALS : 0);
  out.u32(count);
  for (const type of functions.slice(importedFunctions)) {
    const body = bodyOf(reader);
    const start = scan.scan(body, type);
    out.sized(scratch, (into) => emitFunction(emit, scan, { type, start, end: body.end }, into));
  }
  if (!reader.atEnd) malformed("more than its functions", reader.at);
  return out.written();
}

function bodyOf(reader: ModuleReader): ModuleReader {
  const { at } = reader;
  const size = reader.u32();
  if (size > MAX_FUNCTION_BYTES)
    tooLarge(`a function has ${size} bytes, over the limit of ${MAX_FUNCTION_BYTES}`);
  const start = reader.at;
  reader.skip(size);
  if (size === 0) unsupported("a function without code", at);
  return new ModuleReader(reader.bytes, start, reader.at);
}
