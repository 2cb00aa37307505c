import type { CallOptions } from "@gadus/protocol";

/**
 * What `promise` settles to, or a rejection with the signal's reason as soon as it aborts: as the
 * protocol's, which a confined executor process can't load, being shown no package but this one.
 */
export function abortable<T>(promise: Promise<T>, { signal }: CallOptions): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error);
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
