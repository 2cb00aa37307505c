import type { ModuleDeclarations } from "./module-declarations.ts";
import { ModuleError, tooLarge } from "./module-error.ts";
import type { Limits } from "./module-imports.ts";

/** What memories and tables of a module may grow to, in the order of their numbers. */
export interface Caps {
  readonly memories: readonly number[];
  readonly tables: readonly number[];
}

const PAGE_BYTES = 65_536;

/** What a module may grow to under which caps. */
export interface CapOptions {
  readonly maxMemoryPages: number;
  readonly maxTableElements: number;
}

/**
 * The maximum of each memory and table of a module: what it declares, at most the cap; tables share what is over
 * their first entries in equal parts.
 *
 * @throws {ModuleError} for a module that is over the cap at the start
 */
export function capLimits({ memories, tables }: ModuleDeclarations, options: CapOptions): Caps {
  const { maxMemoryPages, maxTableElements } = options;
  for (const { initial } of memories) {
    if (initial > maxMemoryPages) refuseMemory(initial * PAGE_BYTES, maxMemoryPages * PAGE_BYTES);
  }
  const entries = tables.reduce((sum, { initial }) => sum + initial, 0);
  if (entries > maxTableElements) {
    tooLarge(`unsupported: ${entries} table entries, over the limit of ${maxTableElements}`);
  }
  const spare = tables.length === 0 ? 0 : Math.floor((maxTableElements - entries) / tables.length);
  return {
    memories: memories.map((memory) => lower(memory, maxMemoryPages)),
    tables: tables.map((table) => lower(table, table.initial + spare)),
  };
}

function lower({ max }: Limits, cap: number): number {
  return max === undefined ? cap : Math.min(max, cap);
}

function refuseMemory(bytes: number, maxBytes: number): never {
  throw new ModuleError(
    "too-much-memory",
    `it starts with ${bytes} bytes of memory, over the task's limit of ${maxBytes}`,
  );
}
