import { Argument, type Command, Option } from "commander";
import type { Shell } from "./completion-script.ts";
import { collect, common, remote } from "./declare-command.ts";
import { lazily } from "./run-action.ts";

/** Declares the verbs of `node`, and those about content and the command itself. */
export function declareNode(program: Command): void {
  remote(
    program
      .command("get")
      .summary("download content by its CID")
      .description(
        "Downloads and unpacks content by its CID, checked against it. What was interrupted goes on where it was when the same is run again.",
      )
      .argument("<cid>", "such as bafy…; ipfs:// before it is fine")
      .requiredOption("-o, --output-dir <dir>", "a folder that is empty or not there yet")
      .option("--path <path>", "only this file or folder of it"),
    [
      "gadus get bafybeigdyr… -o results",
      "gadus get bafybeigdyr… --path a/b.csv -o results",
      "gadus get bafybeigdyr… --api http://127.0.0.1:2345 -o results",
    ],
  ).action(lazily(async () => (await import("./commands/get.ts")).get));
  remote(
    program
      .command("add")
      .summary("upload a file")
      .description("Uploads a file to the API's node, and prints its CID.")
      .argument("<file>", "- reads standard input"),
    ["gadus add words.txt", "gadus wasm run count.wasm -i $(gadus add -q words.txt):/in/words.txt"],
  ).action(lazily(async () => (await import("./commands/add.ts")).add));

  declareNodes(program);
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

function declareNodes(program: Command): void {
  const node = program
    .command("node")
    .summary("look at the network's nodes, say which get jobs")
    .description("Looks at the network's nodes, and says which of them get jobs.");
  const list = node
    .command("list")
    .summary("list nodes")
    .description("Lists the nodes that the requester knows.")
    .option(
      "--labels <selector>",
      "only those with such labels: k=v, k!=v, 'k in (a,b)', k or '!k', joined by commas; repeatable",
      collect,
    )
    .addOption(new Option("--status <status>", "only those").choices(["connected", "disconnected"]))
    .addOption(new Option("--membership <state>", "only those").choices(["pending", "approved", "rejected"]))
    .addOption(new Option("--order-by <what>", "what they are ordered by (id)").choices(ORDERS))
    .option("--reverse", "the other way round");
  remote(list, [
    "gadus node list",
    "gadus node list --labels region=eu --status connected",
    "gadus node list --order-by available-memory --output wide",
  ]).action(lazily(async () => (await import("./commands/node-list.ts")).nodeList));
  remote(
    node.command("describe").summary("show a node").description("Shows a node.").argument("<node>", NODE),
    ["gadus node describe 12D3KooW…"],
  ).action(lazily(async () => (await import("./commands/node-describe.ts")).nodeDescribe));
  for (const decision of ["approve", "reject", "delete"] as const) {
    const decide = node
      .command(decision)
      .summary(DECISIONS[decision].summary)
      .description(DECISIONS[decision].description)
      .argument("<node...>", NODE);
    if (decision !== "delete") decide.option("-m, --message <text>", "why, kept with the node");
    remote(decide, [`gadus node ${decision} 12D3KooW…`]).action(
      lazily(async () => (await import("./commands/node-decide.ts")).nodeDecide(decision)),
    );
  }
}

const NODE = "its id, or the beginning of it";
const ORDERS = [
  "id",
  "type",
  "status",
  "available-cpu",
  "available-memory",
  "available-disk",
  "available-gpu",
];
const DECISIONS = {
  approve: { summary: "let nodes have jobs", description: "Lets nodes have jobs." },
  reject: { summary: "let nodes have no more jobs", description: "Lets nodes have no more jobs." },
  delete: { summary: "forget nodes that are gone", description: "Forgets nodes that are gone." },
};

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
