import type { Command } from "commander";
import { common } from "./declare-command.ts";
import { nodeOptions } from "./declare-serve.ts";
import { lazily } from "./run-action.ts";

/** Declares the verbs of `swarm`: the key of a private network. */
export function declareSwarm(program: Command): void {
  const swarm = program
    .command("swarm")
    .summary("make and look at the key of a private network")
    .description(
      "Makes and looks at the key that all nodes of a private network share. It is a file as IPFS and libp2p have it.",
    );
  const init = swarm
    .command("init")
    .summary("make a new key")
    .description("Makes a new key, in a file for its owner alone; never overwrites one.")
    .argument("[file]", "where it goes", "swarm.key")
    .option("--config <file>", "have this configuration file, in YAML, name the key; a new one is made");
  common(init, [
    "gadus swarm init",
    "gadus swarm init /etc/gadus/swarm.key --config /etc/gadus/node.yaml",
  ]).action(lazily(async () => (await import("./commands/swarm-init.ts")).swarmInit));
  const key = swarm
    .command("key")
    .summary("say which key a node has")
    .description(
      "Says where the key of a node that is served with these options here is, and its fingerprint, by which keys are compared: the one that IPFS's daemon prints.",
    );
  nodeOptions(key).option("--show", "print the key itself: whoever has it can join");
  common(key, ["gadus swarm key --config node.yaml", "gadus swarm key --swarm-key swarm.key --quiet"]).action(
    lazily(async () => (await import("./commands/swarm-key.ts")).swarmKey),
  );
}
