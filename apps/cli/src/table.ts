import { printable } from "./terminal.ts";

/** A column of a table. */
export interface Column {
  readonly title: string;
  /** Lets it be cut where the table is wider than the terminal: ids `early`, what is read `late`. */
  readonly shrink?: "early" | "late";
}

const GAP = "  ";
const MIN_WIDTHS = { early: 16, late: 8 } as const;

/**
 * Lines of a table that is at most `width` characters wide, as far as its columns may shrink.
 *
 * Control characters in cells become spaces.
 */
export function renderTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width: number,
): readonly string[] {
  const cells = [columns.map((column) => column.title), ...rows.map((row) => row.map(printable))];
  const widths = fitWidths(columns, cells, width);
  return cells.map((row) => {
    const parts = widths.map((size, index) => cut(row[index] ?? "", size).padEnd(size));
    return parts.join(GAP).trimEnd();
  });
}

function fitWidths(
  columns: readonly Column[],
  cells: readonly (readonly string[])[],
  width: number,
): readonly number[] {
  const widths = columns.map((_, index) => Math.max(...cells.map((row) => row[index]?.length ?? 0)));
  const total = (): number => widths.reduce((sum, size) => sum + size, GAP.length * (widths.length - 1));
  for (let over = total() - width; over > 0; over = total() - width) {
    const widest = widestOf("early", columns, widths) ?? widestOf("late", columns, widths);
    if (widest === undefined) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return widths;
}

function widestOf(
  shrink: "early" | "late",
  columns: readonly Column[],
  widths: readonly number[],
): number | undefined {
  let widest: number | undefined;
  for (const [index, size] of widths.entries()) {
    const shrinkable = columns[index]?.shrink === shrink && size > MIN_WIDTHS[shrink];
    if (shrinkable && (widest === undefined || size > (widths[widest] ?? 0))) widest = index;
  }
  return widest;
}

function cut(text: string, size: number): string {
  return text.length <= size ? text : `${text.slice(0, size - 1)}…`;
}
