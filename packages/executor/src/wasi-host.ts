import { wasiDescriptors } from "./wasi-descriptors.ts";
import { WasiError, GuestExit } from "./wasi-error.ts";
import { wasiFiles } from "./wasi-files.ts";
import type { WasiGuest } from "./wasi-guest.ts";
import { wasiOpen } from "./wasi-open.ts";
import { wasiPaths } from "./wasi-paths.ts";
import { wasiPoll } from "./wasi-poll.ts";
import { wasiSystem } from "./wasi-system.ts";
import { ERRNO } from "./wasi-constants.ts";

/** What a guest imports as `wasi_snapshot_preview1`. */
export interface WasiHost {
  readonly functions: Readonly<Record<string, (...args: never[]) => number>>;
  /** What the guest gave to its first `proc_exit`, were it to run on after that. */
  exitCode(): number | undefined;
}

/** WASI preview 1 for one guest (`wasi_snapshot_preview1`, the WASI repository's `legacy/preview1`). */
export function wasiHost(guest: WasiGuest): WasiHost {
  let exited: GuestExit | undefined;
  const guarded = (act: (...args: never[]) => void) => {
    return (...args: never[]): number => {
      // A guest that catches the end of its own process gets nothing more done.
      if (exited !== undefined) throw exited;
      try {
        act(...args);
        return ERRNO.success;
      } catch (error) {
        if (error instanceof WasiError) return error.errno;
        if (error instanceof GuestExit) exited = error;
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
  return {
    functions: Object.fromEntries(Object.entries(all).map(([name, act]) => [name, guarded(act)])),
    exitCode: () => exited?.exitCode,
  };
}
