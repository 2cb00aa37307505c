import type { Command } from "commander";
import { common } from "./declare-command.ts";
import { nodeOptions } from "./declare-serve.ts";
import { lazily } from "./run-action.ts";

/** Declares the verbs of `config`. */
export function declareConfig(program: Command): void {
  const config = program
    .command("config")
    .summary("look at a node's configuration, and change it")
    .description("Looks at a node's configuration, and changes its file.");
  const list = config
    .command("list")
    .summary("list every setting, and where each comes from")
    .description(
      "Lists every setting of a node that is served with these options here: its value, and whether that is the default or comes from the file, the environment or a flag. Secrets are not shown.",
    );
  common(nodeOptions(list), [
    "gadus config list --config node.yaml",
    "gadus config list --compute --output wide",
  ]).action(lazily(async () => (await import("./commands/config-list.ts")).configList));
  const get = config
    .command("get")
    .summary("print a setting")
    .description("Prints one setting of a node that is served with these options here.")
    .argument("<setting>", "such as api.port");
  common(nodeOptions(get), ["gadus config get api.port --config node.yaml"]).action(
    lazily(async () => (await import("./commands/config-get.ts")).configGet),
  );
  const set = config
    .command("set")
    .summary("change a setting in a file")
    .description("Changes a setting in a configuration file, whose comments stay.")
    .argument("<setting>", "such as api.port")
    .argument("<value>", "as its GADUS_* variable takes it: lists with commas, maps as NAME=VALUE")
    .requiredOption("--config <file>", "the file, in YAML; a new one is made");
  common(set, [
    "gadus config set compute.enabled true --config node.yaml",
    "gadus config set labels region=eu,disk=ssd --config node.yaml",
  ]).action(lazily(async () => (await import("./commands/config-set.ts")).configSet));
}
