import { parseJobDocument } from "@gadus/protocol";
import { EXIT } from "../cli-error.ts";
import type { Context } from "../context.ts";
import { parseDocument } from "../parse-document.ts";
import { readDocument } from "../read-document.ts";
import { paint, printable } from "../terminal.ts";

/** `gadus job validate FILE|-`: says what is wrong with a job document, without sending it anywhere. */
export async function jobValidate(context: Context, args: readonly string[]): Promise<number> {
  const [file = "-"] = args;
  const { terminal, output, quiet } = context;
  const { warnings } = parseJobDocument(await parseDocument(await readDocument(file, context.signal), file));
  if (output === "json") terminal.out(JSON.stringify({ Valid: true, Warnings: warnings }));
  else {
    for (const warning of warnings)
      terminal.err(`${paint(terminal, "yellow", "warning:")} ${printable(warning)}`);
    if (!quiet) terminal.out(`${file === "-" ? "The document" : file} is a job document`);
  }
  return EXIT.right;
}
