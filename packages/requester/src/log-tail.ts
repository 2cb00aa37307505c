import { createLineSplitter, type LineSplitter, type OutputName } from "@gadus/protocol";

/** A line, or what there is of the last one, of one stream. */
export interface LogLine {
  readonly stream: OutputName;
  readonly bytes: Uint8Array;
}

/** The most bytes that are held; lines before are forgotten, whatever was asked for. */
const MAX_TAIL_BYTES = 16 * 1024 * 1024;

/** The last lines of what was printed so far. */
export interface LogTail {
  push(line: LogLine): void;
  /**
   * The last lines, in the order in which they ended; what no newline ended yet comes after them. And how many whole
   * lines of each stream were before them.
   */
  end(): { readonly lines: readonly LogLine[]; readonly skipped: { readonly [S in OutputName]: number } };
}

export function createLogTail(maxLines: number): LogTail {
  const splitters = new Map<OutputName, LineSplitter>();
  const whole = { stdout: 0, stderr: 0 };
  let lines: LogLine[] = [];
  let heldBytes = 0;

  function add(line: LogLine): void {
    lines.push(line);
    heldBytes += line.bytes.length;
    if (lines.length > 2 * maxLines + 100 || heldBytes > MAX_TAIL_BYTES) trim();
  }

  function trim(): void {
    lines = last(lines, maxLines);
    heldBytes = lines.reduce((sum, { bytes }) => sum + bytes.length, 0);
    while (heldBytes > MAX_TAIL_BYTES) heldBytes -= lines.shift()?.bytes.length ?? 0;
  }

  return {
    push({ stream, bytes }) {
      const splitter = splitters.get(stream) ?? createLineSplitter();
      splitters.set(stream, splitter);
      for (const line of splitter.push(bytes)) {
        whole[stream] += 1;
        add({ stream, bytes: line });
      }
    },
    end() {
      const begun = new Set<LogLine>();
      for (const [stream, splitter] of splitters) {
        const bytes = splitter.rest();
        if (bytes === undefined) continue;
        const line = { stream, bytes };
        begun.add(line);
        add(line);
      }
      const told = last(lines, maxLines);
      const skipped = { ...whole };
      for (const line of told) if (!begun.has(line)) skipped[line.stream] -= 1;
      return { lines: told, skipped };
    },
  };
}

function last<T>(items: T[], count: number): T[] {
  return count === 0 ? [] : items.slice(-count);
}
