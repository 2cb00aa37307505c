import type { OutputName } from "@gadus/protocol";
import type { PrintedPart } from "./printed-memory.ts";
import { ProtocolError } from "./read-executor-message.ts";

/** What is kept of each stream. */
export interface OutputLimits {
  readonly maxStdoutBytes: number;
  readonly maxStderrBytes: number;
}

/**
 * Passes what an execution prints on to `output`, no more of it than a guest may print.
 *
 * What it returns throws a {@link ProtocolError} for more: then it isn't the guest who says so.
 */
export function heardOutput(
  { maxStdoutBytes, maxStderrBytes }: OutputLimits,
  output: (stream: OutputName, bytes: Uint8Array) => void = () => {},
): (parts: readonly PrintedPart[]) => void {
  const max = { stdout: maxStdoutBytes, stderr: maxStderrBytes };
  const heard = { stdout: 0, stderr: 0 };
  return (parts) => {
    for (const { stream, bytes } of parts) {
      heard[stream] += bytes.length;
      if (heard[stream] > max[stream])
        throw new ProtocolError(`it printed ${heard[stream]} bytes to ${stream}, more than are kept`);
      output(stream, bytes);
    }
  };
}
