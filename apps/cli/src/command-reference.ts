import { allCommands, type CommandInfo, commandTree } from "./command-tree.ts";
import { makeProgram } from "./program.ts";

/** Every command with its help, in Markdown. */
export function commandReference(): string {
  const [root, ...rest] = allCommands(commandTree(makeProgram()));
  const verbs = rest.filter(({ commands, name }) => commands.length === 0 && name !== "help");
  const head = root === undefined ? "" : block(root);
  return `${head}\n${verbs.map((verb) => `## \`${verb.path}\`\n\n${block(verb)}`).join("\n")}`;
}

function block({ help }: CommandInfo): string {
  return `\`\`\`text\n${help}\n\`\`\`\n`;
}
