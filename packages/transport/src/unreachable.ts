import { messageOf } from "@gadus/protocol";
import { TransportError } from "./transport-error.ts";

/** The error of a node that can't be reached, because of `cause`. */
export function unreachable(target: string, cause: unknown): TransportError {
  if (cause instanceof TransportError) return cause;
  // libp2p rejects with an event where a stream closes while something is written to it.
  const state = cause instanceof Error ? messageOf(cause) : "its connection closed";
  return new TransportError("transport/unreachable", `Cannot reach node ${target}: ${state}`, { cause });
}

/** `promise`, or the signal's own reason, whichever comes first. */
export function abortable<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason as Error);
  if (signal.aborted) onAbort();
  signal.addEventListener("abort", onAbort, { once: true });
  return Promise.race([promise, aborted]).finally(() => signal.removeEventListener("abort", onAbort));
}
