import { printable } from "./terminal.ts";

/** A column of a table; `shrink` lets it be cut where the table is wider than the terminal. */
export interface Column {
  readonly title: string;
  readonly shrink?: boolean;
}

const GAP = "  ";
const MIN_WIDTH = 8;

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
    const widest = widestShrinkable(columns, widths);
    if (widest === undefined) break;
    widths[widest] = Math.max(MIN_WIDTH, (widths[widest] ?? 0) - 1);
  }
  return widths;
}

function widestShrinkable(columns: readonly Column[], widths: readonly number[]): number | undefined {
  let widest: number | undefined;
  for (const [index, size] of widths.entries()) {
    const shrinkable = columns[index]?.shrink === true && size > MIN_WIDTH;
    if (shrinkable && (widest === undefined || size > (widths[widest] ?? 0))) widest = index;
  }
  return widest;
}

function cut(text: string, size: number): string {
  return text.length <= size ? text : `${text.slice(0, size - 1)}…`;
}
