import { HOST_FAILED_DEPTH, RESERVED } from "./rewrite-options.ts";
import { GuestExit } from "./wasi-error.ts";

/** How a guest came to its end. */
export type GuestEnding =
  | { readonly kind: "ended"; readonly exitCode: number; readonly fuelUsed: number }
  | { readonly kind: "broken"; readonly state: string };

/** The exit code of a guest that trapped: what a process that aborts itself has. */
const TRAP_EXIT_CODE = 134;
/** Of one whose fuel is spent: what a process that has used up its time has. */
const FUEL_EXIT_CODE = 152;

/**
 * Runs `run` on an instance of a rewritten module, its start function first, with `fuel` of which `startFuel` has
 * gone already, and tells how it ended.
 *
 * Fuel below zero is what tells that it was spent, however the guest ended; any other trap is the guest's own.
 * What the engine throws beside, such as for a native stack overflow that the depth should have kept it from, is
 * the host's failure.
 *
 * @throws what a host function threw
 */
export function runMetered(
  { exports }: WebAssembly.Instance,
  fuel: number,
  { startFuel, run }: { readonly startFuel: number; readonly run: () => void },
): GuestEnding {
  const meter = exports[RESERVED.fuel];
  const depth = exports[RESERVED.depth];
  if (!(meter instanceof WebAssembly.Global) || !(depth instanceof WebAssembly.Global)) {
    throw new TypeError("the module was not rewritten");
  }
  meter.value = BigInt(fuel - startFuel);
  const exitCode = exitCodeOf(() => {
    if (fuel < startFuel) return;
    const start = exports[RESERVED.start];
    if (typeof start === "function") Reflect.apply(start, undefined, []);
    run();
  });
  if (depth.value === HOST_FAILED_DEPTH) return { kind: "broken", state: "no memory left on this machine" };
  const left = Number(meter.value);
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
    throw error;
  }
}
