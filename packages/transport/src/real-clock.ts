import type { Clock } from "@gadus/protocol";

/** This machine's time, for tests. */
export const realClock: Clock = {
  nowMs: () => Date.now(),
  setTimer(delayMs, callback) {
    const timer = setTimeout(callback, delayMs);
    return { cancel: () => clearTimeout(timer) };
  },
};
