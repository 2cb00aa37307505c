import { readFile } from "node:fs/promises";
import type { Context } from "../context.ts";

/** `gadus version`: prints the command's version. */
export async function version({ terminal, output, quiet }: Context): Promise<undefined> {
  const file = new URL("../../package.json", import.meta.url);
  const { version: own } = JSON.parse(await readFile(file, "utf8")) as { readonly version: string };
  const { version: node, platform, arch } = process;
  if (output === "json")
    terminal.out(JSON.stringify({ Version: own, Node: node, Platform: `${platform}-${arch}` }));
  else terminal.out(quiet ? own : `gadus ${own} (node ${node}, ${platform}-${arch})`);
  return undefined;
}
