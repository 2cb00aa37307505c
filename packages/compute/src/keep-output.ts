import type { CallOptions, OutputName } from "@gadus/protocol";
import type { ScratchFolder } from "@gadus/storage";
import { type Context, failureOf } from "./context.ts";

/** The most that is kept of one run, whatever its executor hands over. */
const MAX_KEPT_BYTES = 8 * 1024 * 1024;
const COPY_BYTES = 64 * 1024;

/** What one run prints, on its way into the log. */
export interface KeptOutput {
  /** For the executor; never throws. */
  readonly output: (stream: OutputName, bytes: Uint8Array) => void;
  /**
   * Ends the log. What `results` hold of each stream beyond what was handed over goes in first. Never rejects; once
   * more does nothing.
   */
  end(results?: ScratchFolder, options?: CallOptions): Promise<void>;
}

/** Begins the log of a run; one that can't be kept costs the run nothing. */
export function keepOutput(context: Context, key: string): KeptOutput {
  const { logs, logger } = context;
  let leftBytes = MAX_KEPT_BYTES;
  const handed = { stdout: 0, stderr: 0 };
  let isEnded = false;
  let isBroken = false;

  function attempt(act: () => void): void {
    try {
      if (!isBroken) act();
    } catch (error) {
      isBroken = true;
      logger.warn("what an execution prints is kept no further", { execution: key, ...failureOf(error) });
    }
  }

  function output(stream: OutputName, bytes: Uint8Array): void {
    const kept = bytes.subarray(0, leftBytes);
    handed[stream] += bytes.length;
    if (isEnded || kept.length === 0) return;
    leftBytes -= kept.length;
    attempt(() => logs.append(key, stream, kept));
  }

  async function copy(results: ScratchFolder, stream: OutputName, options: CallOptions): Promise<void> {
    while (leftBytes > 0) {
      const bytes = await results.read(stream, handed[stream], COPY_BYTES, options);
      output(stream, bytes);
      if (bytes.length < COPY_BYTES) return;
    }
  }

  attempt(() => logs.begin(key));
  return {
    output,
    async end(results, options = {}) {
      if (isEnded) return;
      try {
        if (results !== undefined) {
          await copy(results, "stdout", options);
          await copy(results, "stderr", options);
        }
      } catch (error) {
        logger.debug("what an execution printed is not kept", { execution: key, ...failureOf(error) });
      }
      isEnded = true;
      // A run that this node's stop ended is taken up again, and its log with it.
      if (context.isStopping()) return;
      isBroken = false;
      attempt(() => logs.end(key));
    },
  };
}
