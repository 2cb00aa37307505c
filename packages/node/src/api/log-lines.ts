import { createLineSplitter, type LineSplitter, type OutputName } from "@gadus/protocol";
import type { LogEntry } from "@gadus/requester";

const TYPES: { readonly [S in OutputName]: number } = { stdout: 1, stderr: 2 };

/** Turns what is read of logs into the frames of the API, a line each. */
export interface LogLines {
  /** The frames that `entry` completes. */
  of(entry: LogEntry): Generator<string>;
}

/**
 * Frames as Bacalhau's clients read them: `{"value": {"Type": 1 | 2, "Line"}}`, each line with its newline, if it has one.
 *
 * With `origin` each also says whose line it is, and a frame without a line says how many of its lines a `tail` left out.
 */
export function createLogLines(origin: boolean): LogLines {
  const splitters = new Map<string, { readonly [S in OutputName]: LineSplitter }>();
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  const originOf = ({ executionId, nodeId }: LogEntry): object =>
    origin ? { origin: { ExecutionID: executionId, NodeID: nodeId } } : {};

  function splittersOf(executionId: string): { readonly [S in OutputName]: LineSplitter } {
    const known = splitters.get(executionId) ?? {
      stdout: createLineSplitter(),
      stderr: createLineSplitter(),
    };
    splitters.set(executionId, known);
    return known;
  }

  function lineFrame(entry: LogEntry, stream: OutputName, bytes: Uint8Array): string {
    const value = { Type: TYPES[stream], Line: decoder.decode(bytes) };
    return JSON.stringify({ value, ...originOf(entry) });
  }

  function skippedFrame(entry: LogEntry & { readonly kind: "skipped" }): string {
    const { executionId: ExecutionID, nodeId: NodeID, lines } = entry;
    const Skipped = { Stdout: lines.stdout, Stderr: lines.stderr };
    return JSON.stringify({ value: { Type: 0, Line: "" }, origin: { ExecutionID, NodeID, Skipped } });
  }

  function* rest(entry: LogEntry): Generator<string> {
    for (const stream of ["stdout", "stderr"] as const) {
      const bytes = splitters.get(entry.executionId)?.[stream].rest();
      if (bytes !== undefined) yield lineFrame(entry, stream, bytes);
    }
    splitters.delete(entry.executionId);
  }

  return {
    *of(entry) {
      if (entry.kind === "output") {
        const lines = splittersOf(entry.executionId)[entry.stream].push(entry.bytes);
        for (const line of lines) yield lineFrame(entry, entry.stream, line);
        return;
      }
      if (entry.kind === "skipped") {
        if (origin) yield skippedFrame(entry);
        return;
      }
      yield* rest(entry);
      if (entry.kind === "error")
        yield JSON.stringify({
          value: { Type: 0, Line: "" },
          error: entry.message,
          ...originOf(entry),
        });
    },
  };
}
