import type { CallOptions } from "@gadus/protocol";
import type { ScratchFolder } from "@gadus/storage";

/** What an execution leaves, as it is written down. */
export interface ResultContents {
  readonly exitCode: number;
  readonly stdout: Uint8Array;
  readonly stderr: Uint8Array;
  /** What is under result paths, by path in the results folder. */
  readonly files: readonly { readonly path: string; readonly bytes: Uint8Array }[];
}

/** Files that are written at the same time. */
const MAX_WRITES = 8;

/** Writes `contents` into `results`; making them durable is the caller's. */
export async function writeResults(
  results: ScratchFolder,
  contents: ResultContents,
  options: CallOptions,
): Promise<void> {
  const pending = [
    { path: "stdout", bytes: contents.stdout },
    { path: "stderr", bytes: contents.stderr },
    { path: "exitCode", bytes: new TextEncoder().encode(String(contents.exitCode)) },
    ...contents.files,
  ].values();
  const writeSome = async (): Promise<void> => {
    for (const { path, bytes } of pending) await results.write(path, bytes, options);
  };
  const settled = await Promise.allSettled(Array.from({ length: MAX_WRITES }, writeSome));
  for (const outcome of settled) if (outcome.status === "rejected") throw outcome.reason;
}
