import type { Clock } from "@gadus/protocol";

/** A clock that a test moves by hand. */
export interface FakeClock extends Clock {
  /** Lets `ms` milliseconds pass, with all timers within them, in order. */
  pass(ms: number): Promise<void>;
}

export function createFakeClock(): FakeClock {
  let nowMs = 0;
  let timers: { readonly atMs: number; readonly callback: () => void }[] = [];
  return {
    nowMs: () => nowMs,
    setTimer(delayMs, callback) {
      const timer = { atMs: nowMs + delayMs, callback };
      timers.push(timer);
      return {
        cancel: () => {
          timers = timers.filter((other) => other !== timer);
        },
      };
    },
    async pass(ms) {
      const untilMs = nowMs + ms;
      for (;;) {
        // What a timer's callback awaits has to settle before the next fires.
        await new Promise((resolve) => setImmediate(resolve));
        const [next] = timers.filter(({ atMs }) => atMs <= untilMs).toSorted((a, b) => a.atMs - b.atMs);
        if (next === undefined) break;
        timers = timers.filter((timer) => timer !== next);
        nowMs = next.atMs;
        next.callback();
      }
      nowMs = untilMs;
    },
  };
}
