import { Argument, type Command } from "commander";
import type { Shell } from "./completion-script.ts";
import { common, remote, remoteTable } from "./declare-command.ts";
import { lazily } from "./run-action.ts";

/** Declares the verbs of `node`, and those about content and the command itself. */
export function declareNode(program: Command): void {
  remote(
    program
      .command("get")
      .summary("download content by its CID")
      .description("Downloads and unpacks content by its CID, checked against it.")
      .argument("<cid>", "such as bafy…; ipfs:// before it is fine")
      .requiredOption("-o, --output-dir <dir>", "a folder that is empty or not there yet"),
    ["gadus get bafybeigdyr… -o results", "gadus get bafybeigdyr… --api http://127.0.0.1:2345 -o results"],
  ).action(lazily(async () => (await import("./commands/get.ts")).get));
  remote(
    program
      .command("add")
      .summary("upload a file")
      .description("Uploads a file to the API's node, and prints its CID.")
      .argument("<file>", "- reads standard input"),
    ["gadus add words.txt", "gadus wasm run count.wasm -i $(gadus add -q words.txt):/in/words.txt"],
  ).action(lazily(async () => (await import("./commands/add.ts")).add));

  const node = program
    .command("node")
    .summary("look at the network's nodes")
    .description("Looks at the network's nodes.");
  remoteTable(node.command("list").description("Lists the nodes that the requester knows."), [
    "gadus node list",
    "gadus node list --output json",
  ]).action(lazily(async () => (await import("./commands/node-list.ts")).nodeList));
  remoteTable(node.command("describe").description("Shows a node.").argument("<node>", "its id"), [
    "gadus node describe 12D3KooW…",
  ]).action(lazily(async () => (await import("./commands/node-describe.ts")).nodeDescribe));

  remote(
    program.command("id").summary("print the node's id").description("Prints the id of the API's node."),
    ["gadus id", "gadus id --api http://127.0.0.1:2345"],
  ).action(lazily(async () => (await import("./commands/id.ts")).id));
  common(
    program.command("version").summary("print the version").description("Prints the command's version."),
    ["gadus version", "gadus version --output json"],
  ).action(lazily(async () => (await import("./commands/version.ts")).version));
  declareCompletion(program);
}

function declareCompletion(program: Command): void {
  const completion = program
    .command("completion")
    .summary("print a script that completes the command in a shell")
    .description("Prints a script that completes commands, options and their values in a shell.")
    .addArgument(new Argument("<shell>").choices(["bash", "zsh", "fish"]));
  common(completion, [
    'eval "$(gadus completion bash)"',
    "gadus completion zsh > ~/.zfunc/_gadus",
    "gadus completion fish > ~/.config/fish/completions/gadus.fish",
  ]).action(
    lazily(async () => {
      const load = [import("./commands/completion.ts"), import("./command-tree.ts")] as const;
      const [{ completion: print }, { commandTree }] = await Promise.all(load);
      return (context, [shell]) => print(context, shell as Shell, commandTree(program));
    }),
  );
}
