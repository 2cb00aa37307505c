import type { Kind } from "./scenario.ts";

/** A change of one compiled module. */
export interface Edit {
  /** As `package/module`. */
  readonly module: string;
  /** What stands there, once, and what stands there instead. */
  readonly from: string;
  readonly to: string;
}

/** A fault put into the roles on purpose, which the simulator must find. */
export interface Mutant extends Edit {
  readonly name: string;
  /** Where one change isn't enough, since something else mends it. */
  readonly also?: readonly Edit[];
  /** The kind of scenario that it shows in. @default all */
  readonly kind?: Kind;
  /** The first seed that is tried. @default 1 */
  readonly first?: number;
  /** Seeds among which at least one fails. */
  readonly seeds: number;
}
