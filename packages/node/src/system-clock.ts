import type { Clock } from "@gadus/protocol";

/** The longest delay that a timer of Node.js takes; longer ones would fire at once. */
const MAX_DELAY_MS = 2 ** 31 - 1;

/** The machine's clock and timers. A timer doesn't keep the process alive. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  setTimer: (delayMs, callback) => {
    const endMs = performance.now() + delayMs;
    let timeout: NodeJS.Timeout;
    const wait = (): void => {
      const leftMs = Math.max(0, endMs - performance.now());
      const due = leftMs <= MAX_DELAY_MS;
      timeout = setTimeout(due ? callback : wait, Math.min(leftMs, MAX_DELAY_MS)).unref();
    };
    wait();
    return { cancel: () => clearTimeout(timeout) };
  },
};
