import type { Context } from "./context.ts";
import { type Column, renderTable } from "./table.ts";
import { paint } from "./terminal.ts";
import { wrapText } from "./wrap-text.ts";

const GAP = "  ";

/** A list as the command prints it. */
export interface Listing {
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly string[])[];
  /** What `--quiet` prints, one a line. */
  readonly ids: readonly string[];
  /** What `--output json` prints. */
  readonly json: unknown;
  /** Said instead of an empty table. */
  readonly empty: string;
}

/** Prints a list in the form that was asked for. */
export function printList({ terminal, output, quiet }: Context, listing: Listing): void {
  if (output === "json") return terminal.out(JSON.stringify(listing.json));
  if (quiet) {
    for (const id of listing.ids) terminal.out(id);
    return;
  }
  if (listing.rows.length === 0) return terminal.err(listing.empty);
  const [head = "", ...lines] = renderTable(listing.columns, listing.rows, terminal.columns);
  terminal.out(paint(terminal, "bold", head));
  for (const line of lines) terminal.out(line);
}

/** Prints one thing as `label: value` lines, wrapped on a terminal; those without a value are left out. */
export function printFields(
  { terminal }: Context,
  fields: readonly (readonly [label: string, value: string | undefined])[],
): void {
  const given = fields.filter(
    (field): field is [string, string] => field[1] !== undefined && field[1] !== "",
  );
  const width = Math.max(...given.map(([label]) => label.length + 1));
  for (const [label, value] of given) {
    const [first = "", ...more] = wrapText(value, terminal.columns - width - GAP.length);
    terminal.out(`${paint(terminal, "bold", `${label}:`.padEnd(width))}${GAP}${first}`);
    for (const line of more) terminal.out(" ".repeat(width) + GAP + line);
  }
}
