import { readFile } from "node:fs/promises";
import { type AdmittedModule, inspectModule } from "@gadus/node";
import { messageOf, parseSizeBytes } from "@gadus/protocol";
import { EXIT, usageError } from "../cli-error.ts";
import type { Context } from "../context.ts";
import { formatSize } from "../format-size.ts";
import { printFields } from "../print-list.ts";
import { printable } from "../terminal.ts";

interface Options {
  readonly memory: string;
}

/** `gadus wasm validate MODULE`: says whether nodes would run a module; ends with 1 where they wouldn't. */
export async function wasmValidate(
  context: Context,
  args: readonly string[],
  { memory }: Options,
): Promise<number> {
  const [file = ""] = args;
  const memoryBytes = parseSizeBytes(memory, "--memory");
  const bytes = await readFile(file).catch((error: unknown) => {
    throw usageError(`Cannot read module "${file}": ${messageOf(error)}`, "Name a .wasm file.", error);
  });
  const found = await inspectModule(new Uint8Array(bytes), file, memoryBytes);
  if (context.output === "json") context.terminal.out(JSON.stringify(found));
  else if (!found.admitted) context.terminal.err(`gadus: ${printable(found.reason)}`);
  else if (context.quiet) context.terminal.out(found.profile);
  else print(context, found);
  return found.admitted ? EXIT.right : EXIT.failed;
}

function print(context: Context, module: AdmittedModule): void {
  const { sizeBytes, rewrittenBytes, memory, tables, imports, entrypoints, stripped } = module;
  const names = (all: readonly string[]): string => (all.length === 0 ? "none" : printable(all.join(", ")));
  const grown = (rewrittenBytes / sizeBytes).toFixed(2);
  printFields(context, [
    ["Admitted", `yes, as ${module.profile}`],
    ["Size", `${formatSize(sizeBytes)}, rewritten ${formatSize(rewrittenBytes)} (${grown}x)`],
    ["Time", `${module.timeMs} ms to rewrite and compile`],
    ["Functions", String(module.functions)],
    ["Entry points", names(entrypoints)],
    ["Imports", names(imports)],
    [
      "Memory",
      memory && `${formatSize(memory.initialBytes)} at first, ${formatSize(memory.maxBytes)} at most`,
    ],
    ["Tables", names(tables.map((table) => `${table.initialElements} to ${table.maxElements} entries`))],
    ["Start function", module.startFunction ? "yes" : "no"],
    ["Fuel to start", String(module.startFuel)],
    ["Left out", names(stripped)],
  ]);
}
