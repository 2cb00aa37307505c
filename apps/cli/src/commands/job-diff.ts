import type { Context } from "../context.ts";
import { parseDocument } from "../parse-document.ts";
import { readDocument } from "../read-document.ts";
import { paint, printable, type Terminal } from "../terminal.ts";

/** `gadus job diff FILE|-`: prints what submitting a document would change of the job of its name. */
export async function jobDiff(context: Context, args: readonly string[]): Promise<undefined> {
  const [file = "-"] = args;
  const { terminal, signal, output, quiet } = context;
  const document = await parseDocument(await readDocument(file, signal), file);
  const answer = await (await context.api()).jobs.diff(document, { signal });
  if (output === "json") {
    terminal.out(JSON.stringify({ Diff: answer.Diff, Warnings: answer.Warnings ?? [] }));
    return undefined;
  }
  for (const warning of answer.Warnings ?? [])
    terminal.err(`${paint(terminal, "yellow", "warning:")} ${printable(warning)}`);
  const lines = answer.Diff.split("\n").filter((line) => line !== "");
  if (lines.length === 0 && !quiet) terminal.err("Nothing would change.");
  for (const line of lines) terminal.out(coloured(terminal, printable(line)));
  return undefined;
}

function coloured(terminal: Terminal, line: string): string {
  if (line.startsWith("+")) return paint(terminal, "green", line);
  return line.startsWith("-") ? paint(terminal, "red", line) : line;
}
