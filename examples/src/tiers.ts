/**
 * V8's flags for each tier that programs are run in. They come after those that executor processes have, which is
 * `--no-liftoff`.
 */
export const TIERS: Readonly<Record<string, readonly string[]>> = {
  /** What V8 does by itself: functions begin in the baseline tier, and are optimised once they have run a while. */
  default: ["--liftoff"],
  baseline: ["--liftoff", "--liftoff-only"],
  /** From the baseline tier to the other after a function's first call. */
  optimising: ["--liftoff", "--wasm-tiering-budget=1", "--wasm-sync-tier-up"],
  "no-liftoff": [],
};
