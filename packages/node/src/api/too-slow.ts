import { NodeError } from "../node-error.ts";

/** The error of a client that keeps the node waiting for longer than `timeoutMs`. */
export function tooSlow(timeoutMs: number): NodeError {
  const state = `nothing came for ${timeoutMs} ms`;
  return new NodeError("node/too-slow", `Cannot read the request: ${state}`, {
    hint: "Send it faster, or raise api.requestTimeoutMs.",
  });
}
