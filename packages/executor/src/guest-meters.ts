import type { HostFuel } from "./host-fuel.ts";
import { HOST_FAILED_DEPTH, RESERVED } from "./rewrite-options.ts";
import { FuelSpent, GuestExit } from "./wasi-error.ts";

/** What a rewritten program has left: each is a global that its code counts down. */
export interface Meters {
  readonly fuel: WebAssembly.Global;
  readonly depth: WebAssembly.Global;
}

/** A program that can be run once. */
export interface MeteredProgram {
  /** Undefined where nothing counts: then it runs as long as it is let. */
  readonly meters: Meters | undefined;
  run(): void;
}

/** What a program is run with. */
export interface MeteredRun {
  /** All that it has. */
  readonly fuel: number;
  /** Of that, what goes before its first instruction. */
  readonly startFuel: number;
  /** What its host functions take of the rest. */
  readonly hostFuel: HostFuel;
}

/** How a guest came to its end. */
export type GuestEnding =
  | { readonly kind: "ended"; readonly exitCode: number; readonly fuelUsed: number }
  | { readonly kind: "broken"; readonly state: string };

/** The exit code of a guest that trapped: what a process that aborts itself has. */
const TRAP_EXIT_CODE = 134;
/** Of one whose fuel is spent: what a process that has used up its time has. */
const FUEL_EXIT_CODE = 152;

/** Meters that modules share. */
export function newMeters(maxFrameSlots: number): Meters {
  return {
    fuel: new WebAssembly.Global({ value: "i64", mutable: true }, 0n),
    depth: new WebAssembly.Global({ value: "i32", mutable: true }, maxFrameSlots),
  };
}

/** The meters that a rewritten module has for itself; undefined for one that was not rewritten. */
export function metersOf(exports: Readonly<Record<string, unknown>>): Meters | undefined {
  const fuel = exports[RESERVED.fuel];
  const depth = exports[RESERVED.depth];
  const found = fuel instanceof WebAssembly.Global && depth instanceof WebAssembly.Global;
  return found ? { fuel, depth } : undefined;
}

/**
 * Runs what `link` makes, and tells how it ended.
 *
 * Fuel below zero is what tells that it was spent, however the guest ended; any other trap is the guest's own.
 * What the engine throws beside, such as for a native stack overflow that the depth should have kept it from, is
 * the host's failure.
 *
 * @throws what a host function threw, and `WebAssembly.LinkError`
 */
export function runMetered(
  { fuel, startFuel, hostFuel }: MeteredRun,
  link: () => MeteredProgram,
): GuestEnding {
  let meters: Meters | undefined;
  const exitCode = exitCodeOf(() => {
    const program = link();
    meters = program.meters;
    if (meters !== undefined) meters.fuel.value = BigInt(fuel - startFuel);
    hostFuel.begin(meters);
    if (fuel >= startFuel) program.run();
  });
  hostFuel.end();
  if (meters?.depth.value === HOST_FAILED_DEPTH) {
    return { kind: "broken", state: "this machine has no memory left for it" };
  }
  const left = meters === undefined ? fuel - startFuel : Number(meters.fuel.value);
  if (left < 0) return { kind: "ended", exitCode: FUEL_EXIT_CODE, fuelUsed: fuel };
  return { kind: "ended", exitCode, fuelUsed: fuel - left };
}

function exitCodeOf(run: () => void): number {
  try {
    run();
    return 0;
  } catch (error) {
    if (error instanceof GuestExit) return error.exitCode;
    if (error instanceof WebAssembly.RuntimeError) return TRAP_EXIT_CODE;
    if (error instanceof FuelSpent) return FUEL_EXIT_CODE;
    throw error;
  }
}
