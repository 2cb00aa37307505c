import type { Clock } from "@gadus/protocol";

interface Pending {
  readonly atMs: number;
  readonly callback: () => void;
}

/** A clock that stands still until it is told to go on. */
export interface TestClock extends Clock {
  /** Calls what is due by now, one turn of the event loop each, until `isDone`. */
  until(what: string, isDone: () => boolean): Promise<void>;
  /** Goes on by `ms`, through every timer on the way. */
  advance(ms: number): Promise<void>;
}

const MAX_TURNS = 50_000;

export function testClock(startMs = 1_800_000_000_000): TestClock {
  let nowMs = startMs;
  let timers: Pending[] = [];

  function takeNext(byMs: number): Pending | undefined {
    const next = timers.reduce<Pending | undefined>(
      (first, timer) => (first === undefined || timer.atMs < first.atMs ? timer : first),
      undefined,
    );
    if (next === undefined || next.atMs > byMs) return undefined;
    timers = timers.filter((timer) => timer !== next);
    return next;
  }

  async function turn(byMs: number): Promise<boolean> {
    await new Promise((resolve) => setImmediate(resolve));
    let next = takeNext(byMs);
    const any = next !== undefined;
    for (; next !== undefined; next = takeNext(nowMs)) {
      nowMs = Math.max(nowMs, next.atMs);
      next.callback();
    }
    return any;
  }

  return {
    nowMs: () => nowMs,
    setTimer(delayMs, callback) {
      const timer = { atMs: nowMs + delayMs, callback };
      timers.push(timer);
      return {
        cancel() {
          timers = timers.filter((other) => other !== timer);
        },
      };
    },
    async until(what, isDone) {
      for (let turns = 0; turns < MAX_TURNS && !isDone(); turns += 1) await turn(nowMs);
      if (!isDone()) throw new Error(`never came to be: ${what}`);
    },
    async advance(ms) {
      const untilMs = nowMs + ms;
      for (let quiet = 0; quiet < 5; ) quiet = (await turn(untilMs)) ? 0 : quiet + 1;
      nowMs = untilMs;
    },
  };
}
