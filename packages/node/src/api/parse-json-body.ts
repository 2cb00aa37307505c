import { locateJsonError } from "./locate-json-error.ts";
import { NodeError } from "../node-error.ts";

/** A body as JSON, `undefined` where it is empty; an error that says where it isn't JSON, and quotes none of it. */
export function parseJsonBody(body: string, done: (error: Error | null, value?: unknown) => void): void {
  if (body.trim() === "") return done(null, undefined);
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return done(invalidJson(body));
  }
  done(null, value);
}

function invalidJson(body: string): NodeError {
  const offset = locateJsonError(body);
  const before = body.slice(0, offset).split("\n");
  const column = (before.at(-1)?.length ?? 0) + 1;
  const state = offset >= body.length ? "it ends too early" : "it is not JSON there";
  return new NodeError(
    "node/invalid-request",
    `Cannot read the body at line ${before.length}, column ${column}: ${state}`,
    { hint: "Send JSON (RFC 8259); `gadus job run` takes YAML too." },
  );
}
