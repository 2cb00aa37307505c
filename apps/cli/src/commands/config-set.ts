import { writeSetting } from "@gadus/node/config-values";
import type { Context } from "../context.ts";

/** `gadus config set SETTING VALUE`: changes a setting in a file. */
export async function configSet(
  { terminal, output, quiet }: Context,
  args: readonly string[],
  { config }: { readonly config: string },
): Promise<undefined> {
  const [name = "", text = ""] = args;
  await writeSetting(config, name, text);
  if (output === "json") terminal.out(JSON.stringify({ Setting: name, File: config }));
  else if (!quiet) terminal.out(`${name} is set in ${config}`);
  return undefined;
}
