import type { Clock } from "@gadus/protocol";

/**
 * Does `work` within `delayMs`; after that its signal aborts with the error that `late` makes, and so does this.
 *
 * It settles in time even where `work` doesn't heed its signal.
 */
export async function withDeadline<T>(
  clock: Clock,
  delayMs: number,
  late: () => Error,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const expired = Promise.withResolvers<never>();
  const timer = clock.setTimer(delayMs, () => {
    const reason = late();
    controller.abort(reason);
    expired.reject(reason);
  });
  try {
    return await Promise.race([work(controller.signal), expired.promise]);
  } finally {
    timer.cancel();
  }
}
