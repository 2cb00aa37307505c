/** What a module is rewritten for. */
export interface RewriteOptions {
  /** What its memory may grow to, in pages of 64 KiB. */
  readonly maxMemoryPages: number;
  /** What its tables may grow to, together. */
  readonly maxTableElements: number;
  /** Slots of eight bytes that the frames of functions under way may take. */
  readonly maxFrameSlots: number;
  /** Whether it shares fuel and depth with others, as globals that it imports, instead of having its own. */
  readonly linked: boolean;
  /** False only to measure what it costs: results may differ between machines then. @default true */
  readonly canonicalNans?: boolean;
}

/** What a module is rewritten for, and whether that is left at checking that it could be. */
export interface CompileOptions extends RewriteOptions {
  readonly unchanged: boolean;
}

/**
 * Under these names a rewritten module exports what it has of: the fuel left (mutable i64) and the depth left
 * (mutable i32), its start function, which is not run by itself, and its memory. Linked modules import the
 * first two from {@link LINK_NAMESPACE}, and the pages (i64) that the memory that they import may grow to; one that
 * has a memory of its own exports those of that.
 */
export const RESERVED = {
  fuel: "gadus.fuel",
  depth: "gadus.depth",
  start: "gadus.start",
  memory: "gadus.memory",
  maxPages: "gadus.maxPages",
} as const;
export const LINK_NAMESPACE = "gadus";
/** How many globals a linked module imports from there, behind those that it imports itself. */
export const LINKED_GLOBALS = 3;

/** The depth left, where the host's memory and not the module's cap kept something from growing. */
export const HOST_FAILED_DEPTH = 0x7fff_ffff;
