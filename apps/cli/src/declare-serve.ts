import { type Command, Option } from "commander";
import { collect, common, keyValue, wholeNumber } from "./declare-command.ts";
import { lazily } from "./run-action.ts";

const port = wholeNumber(0, 65_535);
const MAX_DEVNET_NODES = 100;

/** Declares `serve` and `devnet`, the commands that start nodes. */
export function declareServe(program: Command): void {
  const serve = program
    .command("serve")
    .summary("start a node")
    .description(
      "Starts a node, and serves until Ctrl-C. Flags win over GADUS_* variables, and those over the file.",
    );
  nodeOptions(serve).option("--end-with-parent", "stop when the process that started this one ends");
  common(serve, [
    "gadus serve --requester --compute",
    "gadus serve --compute --bootstrap /ip4/10.0.0.5/tcp/4001/p2p/12D3KooW… --swarm-key swarm.key",
    "gadus serve --config node.yaml --label region=eu",
  ]).action(lazily(async () => (await import("./commands/serve.ts")).serve));

  const devnet = program
    .command("devnet")
    .summary("start a network of nodes on this machine")
    .description(
      "Starts one requester and several compute nodes, each a process, in a private network on this machine.",
    )
    .option("--compute <n>", "compute nodes", wholeNumber(1, MAX_DEVNET_NODES), 3)
    .option("--liars <n>", "how many of them return wrong results", wholeNumber(0, MAX_DEVNET_NODES), 0)
    .option("--liars-agree", "the liars return the same wrong result")
    .option("--api-port <port>", "port of the requester's API; 0: any free one", port, 1234)
    .option("--data-dir <dir>", "keep everything there; otherwise in a temporary folder, removed at the end")
    .option("--keep", "keep the temporary folder")
    .option(
      "--registry <host>",
      "a registry that its nodes pull images from, such as docker.io; repeatable",
      collect,
    );
  common(devnet, [
    "gadus devnet --compute 5 --liars 1",
    "gadus devnet --compute 3 --api-port 0 --output json",
    "gadus devnet --registry docker.io",
  ]).action(lazily(async () => (await import("./commands/devnet.ts")).devnet));
}

/** Gives `command` the options that set a node's configuration. */
export function nodeOptions(command: Command): Command {
  return command
    .option("--requester", "take jobs and see them finished")
    .option("--compute", "bid for jobs and run them")
    .option("--config <file>", "configuration, in YAML")
    .option("--data-dir <dir>", "where the node keeps its key, jobs and results")
    .option("--api-host <host>", "address that the API listens on")
    .option("--api-port <port>", "port that the API listens on; 0: any free one", port)
    .option("--listen <addr>", "multiaddr that peers reach this node at; repeatable", collect)
    .option("--bootstrap <addr>", "multiaddr of a node of the network; repeatable", collect)
    .option("--swarm-key <file>", "the private network's key")
    .option("--label <k=v>", "label that jobs choose nodes by; repeatable", keyValue)
    .addOption(
      new Option("--log-level <level>", "the least that is logged").choices([
        "debug",
        "info",
        "warn",
        "error",
        "silent",
      ]),
    );
}
