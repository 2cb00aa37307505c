import { messageOf } from "@gadus/protocol";
import { TransportError } from "./transport-error.ts";

/** The error of a node that can't be reached, because of `cause`. */
export function unreachable(target: string, cause: unknown): TransportError {
  if (cause instanceof TransportError) return cause;
  // libp2p rejects with an event where a stream closes while something is written to it.
  const state = cause instanceof Error ? messageOf(cause) : "its connection closed";
  return new TransportError("transport/unreachable", `Cannot reach node ${target}: ${state}`, { cause });
}
