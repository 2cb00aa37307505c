import type { Logger } from "@gadus/protocol";

/** How long one part may take to stop; then the next one is stopped all the same. */
const STOP_TIMEOUT_MS = 10_000;

/** The parts of a node that have been started, to be stopped in the opposite order. */
export interface Lifecycle {
  /** Says how to undo what was just started. */
  onStop(part: string, stop: () => Promise<void> | void): void;
  /** Stops every part, the last one first; one that fails or hangs is logged, and keeps none from stopping. Idempotent. */
  stop(): Promise<void>;
}

/** Nothing started yet. */
export function createLifecycle(logger: Logger): Lifecycle {
  const parts: { readonly part: string; readonly stop: () => Promise<void> | void }[] = [];
  let stopped: Promise<void> | undefined;

  async function stopAll(): Promise<void> {
    for (let next = parts.pop(); next !== undefined; next = parts.pop()) {
      const { part, stop } = next;
      try {
        await inTime(stop);
      } catch (error) {
        logger.error("a part of the node did not stop", { part, error });
      }
    }
  }

  return {
    onStop: (part, stop) => {
      parts.push({ part, stop });
    },
    stop: () => {
      stopped ??= stopAll();
      return stopped;
    },
  };
}

async function inTime(stop: () => Promise<void> | void): Promise<void> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => reject(new Error(`it took longer than ${STOP_TIMEOUT_MS} ms`)),
    STOP_TIMEOUT_MS,
  );
  try {
    await Promise.race([stop(), late]);
  } finally {
    clearTimeout(timer);
  }
}
