import type { Command } from "commander";

/** An option of a command, as completions and the reference show it. */
export interface OptionInfo {
  /** Such as `--output`; undefined where it has only a short name. */
  readonly long: string | undefined;
  readonly short: string | undefined;
  readonly description: string;
  /** Whether a value follows it. */
  readonly takesValue: boolean;
  /** The values that it may have, where they are few. */
  readonly choices: readonly string[];
}

/** A command with all below it, as plain data. */
export interface CommandInfo {
  /** Such as `gadus job run`. */
  readonly path: string;
  readonly name: string;
  readonly summary: string;
  /** What `--help` prints. */
  readonly help: string;
  readonly options: readonly OptionInfo[];
  /** The words that its first argument may be, where they are few. */
  readonly choices: readonly string[];
  readonly commands: readonly CommandInfo[];
}

const HELP_WIDTH = 100;

/** `command` and all below it. */
export function commandTree(command: Command, above = ""): CommandInfo {
  const path = `${above} ${command.name()}`.trim();
  const options = command.createHelp().visibleOptions(command);
  return {
    path,
    name: command.name(),
    summary: command.summary() || command.description(),
    help: helpOf(command),
    options: options.map(({ long, short, description, required, optional, argChoices }) => ({
      long,
      short,
      description,
      takesValue: required || optional,
      choices: argChoices ?? [],
    })),
    choices: command.registeredArguments[0]?.argChoices ?? [],
    commands: command.commands.map((below) => commandTree(below, path)),
  };
}

/** A tree as a list, each command before those below it. */
export function allCommands(tree: CommandInfo): readonly CommandInfo[] {
  return [tree, ...tree.commands.flatMap(allCommands)];
}

function helpOf(command: Command): string {
  let text = "";
  command.configureHelp({ ...command.configureHelp(), helpWidth: HELP_WIDTH });
  const before = command.configureOutput();
  command.configureOutput({
    ...before,
    writeOut: (part) => {
      text += part;
    },
    getOutHasColors: () => false,
  });
  command.outputHelp();
  command.configureOutput(before);
  return text.trimEnd();
}
