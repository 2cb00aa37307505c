import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { CallOptions } from "@gadus/protocol";
import { DemoError } from "./demo-error.ts";

/** The command of this checkout. */
const GADUS = fileURLToPath(new URL("../../bin/gadus", import.meta.url));
const MAX_OUTPUT_BYTES = 1024 * 1024;

/**
 * Runs `gadus` with `args` and answers what it printed.
 *
 * @throws {DemoError} `demo/command-failed` with what it said, where it ends with another exit code than 0
 * @throws the signal's reason, if `signal` aborts
 */
export async function runGadus(args: readonly string[], { signal }: CallOptions = {}): Promise<string> {
  try {
    const options = { maxBuffer: MAX_OUTPUT_BYTES, ...(signal && { signal }) };
    return (await promisify(execFile)(GADUS, args, options)).stdout;
  } catch (cause) {
    signal?.throwIfAborted();
    const said = cause instanceof Error && "stderr" in cause ? String(cause.stderr).trim() : String(cause);
    throw new DemoError("demo/command-failed", `Cannot run "gadus ${args.join(" ")}": ${said}`, { cause });
  }
}
