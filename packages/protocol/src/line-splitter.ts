/** A line that is longer is split. */
export const MAX_LINE_BYTES = 64 * 1024;

const NEWLINE = 10;

/** Cuts what is printed into lines, whatever the pieces in which it comes. */
export interface LineSplitter {
  /** The lines that `bytes` complete, each with its newline. A line that is too long is cut between characters. */
  push(bytes: Uint8Array): readonly Uint8Array[];
  /** What is left, which no newline ended; undefined where that is nothing. */
  rest(): Uint8Array | undefined;
}

/** Cuts UTF-8 text, or what claims to be it, into lines of at most {@link MAX_LINE_BYTES}. */
export function createLineSplitter(): LineSplitter {
  let pending: Uint8Array = new Uint8Array(0);
  return {
    push(bytes) {
      const lines: Uint8Array[] = [];
      let from = 0;
      const all = pending.length === 0 ? bytes : joined(pending, bytes);
      // What was pending held no newline.
      let newline = all.indexOf(NEWLINE, pending.length);
      while (from < all.length) {
        const end = newline === -1 ? all.length : newline + 1;
        if (end - from > MAX_LINE_BYTES) {
          const to = characterBefore(all, from + MAX_LINE_BYTES, from);
          lines.push(all.slice(from, to));
          from = to;
        } else if (newline === -1) break;
        else {
          lines.push(all.slice(from, end));
          from = end;
          newline = all.indexOf(NEWLINE, from);
        }
      }
      pending = all.slice(from);
      return lines;
    },
    rest() {
      const left = pending;
      pending = new Uint8Array(0);
      return left.length === 0 ? undefined : left;
    },
  };
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const all = new Uint8Array(a.length + b.length);
  all.set(a);
  all.set(b, a.length);
  return all;
}

/** The last beginning of a character at or before `at`; `at` itself where none is near. */
function characterBefore(bytes: Uint8Array, at: number, from: number): number {
  for (let to = at; to > at - 4 && to > from; to -= 1) {
    if (((bytes[to] ?? 0) & 0xc0) !== 0x80) return to;
  }
  return at;
}
