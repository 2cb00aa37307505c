import type { CallOptions } from "@gadus/protocol";

/** How long after a fetch was given up the same thing isn't fetched again. */
const PAUSE_MS = 100;

interface Flight<T> {
  readonly result: Promise<T>;
  readonly controller: AbortController;
  waiting: number;
}

/**
 * Makes calls for the same key share one fetch, which is given up when nobody waits for it any more.
 *
 * Bitswap never answers a want that follows too soon after the same one was cancelled: between a fetch that
 * was given up and the next there is a pause.
 */
export function singleFlight<T>(): (
  key: string,
  fetch: (signal: AbortSignal) => Promise<T>,
  options?: CallOptions,
) => Promise<T> {
  const flights = new Map<string, Flight<T>>();
  const pauses = new Map<string, Promise<void>>();

  const start = (key: string, fetch: (signal: AbortSignal) => Promise<T>): Flight<T> => {
    const controller = new AbortController();
    const run = async (): Promise<T> => {
      await pauses.get(key);
      controller.signal.throwIfAborted();
      return fetch(controller.signal);
    };
    const flight: Flight<T> = { controller, waiting: 0, result: run() };
    flights.set(key, flight);
    const land = (failed: boolean): void => {
      if (flights.get(key) === flight) flights.delete(key);
      if (failed && !pauses.has(key))
        pauses.set(
          key,
          pause(() => pauses.delete(key)),
        );
    };
    flight.result.then(
      () => land(false),
      () => land(true),
    );
    return flight;
  };

  return async (key, fetch, { signal } = {}) => {
    signal?.throwIfAborted();
    const flight = flights.get(key) ?? start(key, fetch);
    flight.waiting += 1;
    try {
      return await orAborted(flight.result, signal);
    } finally {
      flight.waiting -= 1;
      if (flight.waiting === 0) {
        if (flights.get(key) === flight) flights.delete(key);
        flight.controller.abort();
      }
    }
  };
}

async function orAborted<T>(result: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return result;
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(signal.reason as Error);
  signal.addEventListener("abort", abort, { once: true });
  try {
    return await Promise.race([result, promise]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

function pause(after: () => void): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(() => {
      after();
      resolve();
    }, PAUSE_MS).unref();
  });
}
