import { malformed, unsupported } from "./module-error.ts";
import type { ModuleReader } from "./module-reader.ts";
import { type FunctionType, isReference, readValueType } from "./module-types.ts";

/** How large a table or memory is at first, and at most. */
export interface Limits {
  readonly initial: number;
  readonly max: number | undefined;
}

export interface TableType extends Limits {
  /** The letter of the references that it holds. */
  readonly element: string;
}

export interface GlobalType {
  readonly type: string;
  readonly mutable: boolean;
}

/** One import; of `type`, `table`, `memory` and `global` it has one. */
export interface ModuleImport {
  readonly module: string;
  readonly name: string;
  readonly type?: FunctionType;
  readonly table?: TableType;
  readonly memory?: Limits;
  readonly global?: GlobalType;
  /** Where in the binary its names begin, what it is, and where it ends. */
  readonly start: number;
  readonly kindAt: number;
  readonly end: number;
}

const TABLE_WITH_VALUE = 0x40;

export function readImports(reader: ModuleReader, types: readonly FunctionType[]): ModuleImport {
  const start = reader.at;
  const module = reader.name();
  const name = reader.name();
  const kindAt = reader.at;
  const what = readImported(reader, types, `${module}.${name}`);
  return { module, name, ...what, start, kindAt, end: reader.at };
}

function readImported(
  reader: ModuleReader,
  types: readonly FunctionType[],
  name: string,
): Pick<ModuleImport, "type" | "table" | "memory" | "global"> {
  const { at } = reader;
  const kind = reader.u8();
  if (kind === 0) {
    const index = reader.u32();
    return { type: types[index] ?? malformed(`unknown type ${index}`, at) };
  }
  if (kind === 1) return { table: readTable(reader) };
  if (kind === 2) return { memory: readMemory(reader) };
  if (kind === 3) return { global: readGlobalType(reader) };
  return unsupported(`import ${name} of kind ${kind} (exception handling)`, at);
}

export function readTable(reader: ModuleReader): TableType {
  const { at } = reader;
  if (reader.bytes[at] === TABLE_WITH_VALUE) unsupported("a table with a first value (typed references)", at);
  const element = readValueType(reader);
  if (!isReference(element)) malformed("a table of numbers", at);
  const flags = reader.u8();
  if (flags > 1) unsupported(`a table with limits 0x${flags.toString(16)} (threads or 64-bit tables)`, at);
  return { element, ...readLimits(reader, flags) };
}

export function readMemory(reader: ModuleReader): Limits {
  const { at } = reader;
  const flags = reader.u8();
  if ((flags & 2) !== 0) unsupported("a shared memory (threads)", at);
  if ((flags & 4) !== 0) unsupported("a 64-bit memory (memory64)", at);
  if ((flags & 8) !== 0) unsupported("pages of another size (custom page sizes)", at);
  if (flags > 1) unsupported(`a memory with limits 0x${flags.toString(16)}`, at);
  const limits = readLimits(reader, flags);
  if (limits.initial > 65_536 || (limits.max ?? 0) > 65_536)
    malformed("a memory of more than 65536 pages", at);
  return limits;
}

function readLimits(reader: ModuleReader, flags: number): Limits {
  const initial = reader.u32();
  return { initial, max: (flags & 1) === 0 ? undefined : reader.u32() };
}

export function readGlobalType(reader: ModuleReader): GlobalType {
  const type = readValueType(reader);
  const { at } = reader;
  const mutability = reader.u8();
  if (mutability > 1) unsupported(`a global of kind 0x${mutability.toString(16)} (threads)`, at);
  return { type, mutable: mutability === 1 };
}
