import { usageError } from "./cli-error.ts";

/** Bytes that are read from standard input at most. */
export const MAX_STDIN_BYTES = 16 * 1024 * 1024;

/** All of standard input as text. @throws {CliError} `cli/usage` where it is too large */
export async function readStdin(signal: AbortSignal): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  const onAbort = (): void => void process.stdin.destroy(signal.reason as Error);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    for await (const part of process.stdin as AsyncIterable<Buffer>) {
      size += part.length;
      if (size > MAX_STDIN_BYTES)
        throw usageError(`Cannot read standard input: it is over ${MAX_STDIN_BYTES} bytes`);
      parts.push(part);
    }
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
  return Buffer.concat(parts).toString("utf8");
}
