import { usageError } from "../cli-error.ts";
import type { Context } from "../context.ts";
import type { ServeOptions } from "../serve-flags.ts";
import { printable } from "../terminal.ts";
import { readValues, valueText } from "./config-list.ts";

/** `gadus config get SETTING`: prints one setting. */
export async function configGet(
  context: Context,
  args: readonly string[],
  options: ServeOptions,
): Promise<undefined> {
  const [name = ""] = args;
  const found = (await readValues(context, options)).find((value) => value.name === name);
  if (found === undefined) {
    throw usageError(`Cannot use "${name}": there is no such setting`, "List them with: gadus config list");
  }
  const { terminal, output } = context;
  terminal.out(output === "json" ? JSON.stringify(found) : printable(valueText(found)));
  return undefined;
}
