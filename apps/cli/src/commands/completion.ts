import type { CommandInfo } from "../command-tree.ts";
import { completionScript, type Shell } from "../completion-script.ts";
import type { Context } from "../context.ts";

/** `gadus completion SHELL`: prints a script that completes the command in a shell. */
export async function completion(context: Context, shell: Shell, tree: CommandInfo): Promise<undefined> {
  context.terminal.out(completionScript(tree, shell).trimEnd());
  return undefined;
}
