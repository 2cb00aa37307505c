import type { Errno } from "./wasi-constants.ts";

/** What a host function answers instead of success. */
export class WasiError extends Error {
  readonly errno: Errno;

  constructor(errno: Errno) {
    super(`errno ${errno}`);
    this.errno = errno;
  }
}

/** How a guest ends itself through `proc_exit`. */
export class GuestExit extends Error {
  readonly exitCode: number;

  constructor(exitCode: number) {
    super(`exit ${exitCode}`);
    this.exitCode = exitCode;
  }
}

/** What a host function would do is more than the guest has fuel for. */
export class FuelSpent extends Error {}

/** The guest went over a limit that ends it without a result. */
export class GuestOverLimit extends Error {}

const known = new Map<Errno, WasiError>();

/** Ends a host function with `errno`. */
export function refuse(errno: Errno): never {
  const error = known.get(errno) ?? new WasiError(errno);
  known.set(errno, error);
  throw error;
}
