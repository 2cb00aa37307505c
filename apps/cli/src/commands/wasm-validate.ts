import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { buffer } from "node:stream/consumers";
import { type AdmittedModule, inspectModule } from "@gadus/node/inspect-module";
import { messageOf, parseSizeBytes } from "@gadus/protocol";
import { EXIT, usageError } from "../cli-error.ts";
import type { Context } from "../context.ts";
import { formatSize } from "../format-size.ts";
import { printFields } from "../print-list.ts";
import { printable } from "../terminal.ts";

interface Options {
  readonly memory: string;
  /** Modules that the module imports from: files here, each with its path in the job after a colon, or without. */
  readonly import?: readonly string[];
}

/** `gadus wasm validate MODULE`: says whether nodes would run a module; ends with 1 where they wouldn't. */
export async function wasmValidate(
  context: Context,
  args: readonly string[],
  options: Options,
): Promise<number> {
  const [file = ""] = args;
  const memoryBytes = parseSizeBytes(options.memory, "--memory");
  const libraries = await Promise.all((options.import ?? []).map(readLibrary));
  const found = await inspectModule(await read(file), file, { memoryBytes, libraries });
  if (context.output === "json") context.terminal.out(JSON.stringify(found));
  else if (!found.admitted) context.terminal.err(`gadus: ${printable(found.reason)}`);
  else if (context.quiet) context.terminal.out(found.profile);
  else print(context, found);
  return found.admitted ? EXIT.right : EXIT.failed;
}

async function read(file: string): Promise<Uint8Array> {
  try {
    if (file === "-") return new Uint8Array(await buffer(process.stdin));
    return new Uint8Array(await readFile(file));
  } catch (error) {
    throw usageError(`Cannot read module "${file}": ${messageOf(error)}`, "Name a .wasm file.", error);
  }
}

async function readLibrary(text: string): Promise<{ readonly path: string; readonly bytes: Uint8Array }> {
  const at = existsSync(text) ? -1 : text.lastIndexOf(":/");
  const file = at === -1 ? text : text.slice(0, at);
  return { path: at === -1 ? `/${basename(text)}` : text.slice(at + 1), bytes: await read(file) };
}

function print(context: Context, module: AdmittedModule): void {
  const { sizeBytes, rewrittenBytes, memory, tables, imports, entrypoints, stripped } = module;
  const names = (all: readonly string[]): string => (all.length === 0 ? "none" : printable(all.join(", ")));
  const grown = (rewrittenBytes / sizeBytes).toFixed(2);
  const { charges, canonicalNans, growths } = module.rewriting;
  printFields(context, [
    ["Admitted", `yes, as ${module.profile}`],
    ["Size", `${formatSize(sizeBytes)}, rewritten ${formatSize(rewrittenBytes)} (${grown}x)`],
    ["Time", `${module.timeMs} ms to rewrite and compile`],
    [
      "Rewriting",
      `fuel taken in ${charges} places, NaNs made canonical in ${canonicalNans}, growth watched in ${growths}, call depth counted`,
    ],
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
