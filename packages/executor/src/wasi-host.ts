import { PRICE } from "./host-fuel.ts";
import { wasiDescriptors } from "./wasi-descriptors.ts";
import { WasiError, GuestExit } from "./wasi-error.ts";
import { wasiFiles } from "./wasi-files.ts";
import type { WasiGuest } from "./wasi-guest.ts";
import { wasiOpen } from "./wasi-open.ts";
import { wasiPaths } from "./wasi-paths.ts";
import { wasiPoll } from "./wasi-poll.ts";
import { wasiSystem } from "./wasi-system.ts";
import { ERRNO } from "./wasi-constants.ts";

/** How a guest ended itself, once it has. */
export interface ProcessEnd {
  exit: GuestExit | undefined;
}

/**
 * What one of a guest's modules imports as `wasi_snapshot_preview1` (the WASI repository's `legacy/preview1`).
 *
 * @param end shared by all modules of the guest
 */
export function wasiHost(
  guest: WasiGuest,
  end: ProcessEnd,
): Readonly<Record<string, (...args: never[]) => number>> {
  const guarded = (act: (...args: never[]) => void) => {
    return (...args: never[]): number => {
      // A guest that catches the end of its own process gets nothing more done.
      if (end.exit !== undefined) throw end.exit;
      try {
        guest.fuel.charge(PRICE.call);
        act(...args);
        return ERRNO.success;
      } catch (error) {
        if (error instanceof WasiError) return error.errno;
        if (error instanceof GuestExit) end.exit = error;
        throw error;
      }
    };
  };
  const all = {
    ...wasiSystem(guest),
    ...wasiPoll(guest),
    ...wasiDescriptors(guest),
    ...wasiFiles(guest),
    ...wasiOpen(guest),
    ...wasiPaths(guest),
  };
  return Object.fromEntries(Object.entries(all).map(([name, act]) => [name, guarded(act)]));
}
