import { printable } from "./terminal.ts";

/** A column of a table. */
export interface Column {
  readonly title: string;
  /**
   * Lets it be cut where the table is wider than the terminal: ids `early`, what is read `late`, and `last`, once all
   * else is cut and left out, ids that people copy.
   */
  readonly shrink?: Shrink;
  /** What is left of it at least where it is cut. @default 16 of ids, 8 of what is read */
  readonly least?: number;
  /** Lets it be left out where cutting doesn't do: the lowest first. @default never */
  readonly leaveOut?: number;
}

type Shrink = "early" | "late" | "last";

const GAP = "  ";
const MIN_WIDTHS = { early: 16, late: 8, last: 16 } as const;

/**
 * Lines of a table that is at most `width` characters wide, as far as its columns may shrink or be left out.
 *
 * Control characters in cells become spaces.
 */
export function renderTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width: number,
): readonly string[] {
  const cells = [columns.map((column) => column.title), ...rows.map((row) => row.map(printable))];
  const whole = columns.map((column, index) => ({
    column,
    index,
    size: Math.max(...cells.map((row) => row[index]?.length ?? 0)),
  }));
  const fitted = fit(whole, width);
  return cells.map((row) => {
    const parts = fitted.map(({ index, size }) => cut(row[index] ?? "", size).padEnd(size));
    return parts.join(GAP).trimEnd();
  });
}

interface Sized {
  readonly column: Column;
  /** Among all columns. */
  readonly index: number;
  readonly size: number;
}

function fit(whole: readonly Sized[], width: number): readonly Sized[] {
  const cutDown = shrink(shrink(whole, "early", width), "late", width);
  if (widthOf(cutDown) <= width) return cutDown;
  const optional = whole.filter(({ column }) => column.leaveOut !== undefined);
  const least = Math.min(...optional.map(({ column }) => column.leaveOut ?? 0));
  const rest = whole.filter(({ column }) => column.leaveOut !== least);
  return optional.length === 0 ? shrink(cutDown, "last", width) : fit(rest, width);
}

/** `sized` with the widest of the columns of one kind cut, again and again, as far as it takes and they may be. */
function shrink(sized: readonly Sized[], kind: Shrink, width: number): readonly Sized[] {
  const sizes = sized.map(({ size }) => size);
  const excess = widthOf(sized) - width;
  for (let over = excess; over > 0; over -= 1) {
    let widest: number | undefined;
    for (const [at, { column }] of sized.entries()) {
      const size = sizes[at] ?? 0;
      const mayShrink = column.shrink === kind && size > (column.least ?? MIN_WIDTHS[kind]);
      if (mayShrink && (widest === undefined || size > (sizes[widest] ?? 0))) widest = at;
    }
    if (widest === undefined) break;
    sizes[widest] = (sizes[widest] ?? 0) - 1;
  }
  return sized.map((each, at) => ({ ...each, size: sizes[at] ?? 0 }));
}

function widthOf(sized: readonly Sized[]): number {
  return sized.reduce((sum, { size }) => sum + size, GAP.length * (sized.length - 1));
}

function cut(text: string, size: number): string {
  return text.length <= size ? text : `${text.slice(0, size - 1)}…`;
}
