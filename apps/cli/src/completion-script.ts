import { allCommands, type CommandInfo, type OptionInfo } from "./command-tree.ts";

/** The shells that have completions. */
export const SHELLS = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof SHELLS)[number];

/** A script that completes the commands, options and choices of `tree` in `shell`. */
export function completionScript(tree: CommandInfo, shell: Shell): string {
  switch (shell) {
    case "bash":
      return bashScript(tree);
    case "zsh":
      return zshScript(tree);
    case "fish":
      return fishScript(tree);
  }
}

function bashScript(tree: CommandInfo): string {
  return `# Completions of gadus for bash: eval "$(gadus completion bash)"
_gadus() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD - 1]} at=gadus words="" i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$at \${COMP_WORDS[i]}" in
      ${pathPattern(tree)}) at="$at \${COMP_WORDS[i]}" ;;
    esac
  done
${wordTable(tree)}
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -o default -F _gadus gadus
`;
}

function zshScript(tree: CommandInfo): string {
  return `#compdef gadus
# Completions of gadus for zsh: source <(gadus completion zsh)
_gadus() {
  local cur=\${words[CURRENT]} prev=\${words[CURRENT-1]} at=gadus i
  local -a given=("\${words[@]}")
  for ((i = 2; i < CURRENT; i++)); do
    case "$at \${given[i]}" in
      ${pathPattern(tree)}) at="$at \${given[i]}" ;;
    esac
  done
  local words=""
${wordTable(tree)}
  if [[ -n $words ]]; then compadd -- \${=words}; else _files; fi
}
compdef _gadus gadus
`;
}

/** The names of all commands below the first as a shell's pattern. */
function pathPattern(tree: CommandInfo): string {
  return allCommands(tree)
    .slice(1)
    .map(({ path }) => `"${path}"`)
    .join(" | ");
}

/** Sets `words` to what may stand where the cursor is: nothing for a file, or any value. */
function wordTable(tree: CommandInfo): string {
  const commands = allCommands(tree);
  const values = commands.flatMap(({ path, options }) =>
    options
      .filter(({ takesValue }) => takesValue)
      .map((option) => `    ${namePatterns(path, option)}) words="${option.choices.join(" ")}" ;;`),
  );
  const own = commands.map(({ path, options, commands: below, choices }) => {
    const dashed = options.flatMap(({ long, short }) => [long, short]).filter((name) => name !== undefined);
    const plain = [...below.map(({ name }) => name), ...choices];
    return `        "${path}") if [[ $cur == -* ]]; then words="${dashed.join(" ")}"; else words="${plain.join(" ")}"; fi ;;`;
  });
  return [
    `  case "$at $prev" in`,
    ...values,
    "    *)",
    `      case "$at" in`,
    ...own,
    "      esac",
    "      ;;",
    "  esac",
  ].join("\n");
}

function namePatterns(path: string, { long, short }: OptionInfo): string {
  const names = [long, short].filter((name) => name !== undefined);
  return names.map((name) => `"${path} ${name}"`).join(" | ");
}

function fishScript(tree: CommandInfo): string {
  const commands = allCommands(tree);
  const lines = commands.flatMap(({ path, options, commands: below, choices }) => {
    const here = `complete -c gadus -n ${quote(`__gadus_at ${quote(path)}`)}`;
    return [
      ...below.map(({ name, summary }) => `${here} -f -a ${quote(name)} -d ${quote(summary)}`),
      ...choices.map((choice) => `${here} -f -a ${quote(choice)}`),
      ...options.map((option) => `${here}${fishOption(option)}`),
    ];
  });
  const paths = commands.slice(1).map(({ path }) => quote(path));
  return `# Completions of gadus for fish: gadus completion fish | source
function __gadus_at
  set -l at gadus
  for word in (commandline -opc)[2..]
    if contains -- "$at $word" ${paths.join(" ")}
      set at "$at $word"
    end
  end
  test "$at" = "$argv[1]"
end
${lines.join("\n")}
`;
}

function fishOption({ long, short, description, takesValue, choices }: OptionInfo): string {
  const names = [
    long === undefined ? "" : ` -l ${long.replace(/^--/, "")}`,
    short === undefined ? "" : ` -s ${short.replace(/^-/, "")}`,
  ].join("");
  const value = takesValue ? " -r" : "";
  const given = choices.length === 0 ? "" : ` -f -a ${quote(choices.join(" "))}`;
  return `${names}${value}${given} -d ${quote(description)}`;
}

/** `text` as one word of fish. */
function quote(text: string): string {
  return `'${text.replace(/[\\']/g, "\\$&")}'`;
}
