import { resolve } from "node:path";
import { writeSetting } from "@gadus/node/config-values";
import { createSwarmKeyFile } from "@gadus/node/swarm-key-file";
import type { Context } from "../context.ts";
import { printable } from "../terminal.ts";

/** `gadus swarm init [FILE]`: makes the key of a new private network. */
export async function swarmInit(
  { terminal, output, quiet }: Context,
  args: readonly string[],
  { config }: { readonly config?: string },
): Promise<undefined> {
  const file = resolve(args[0] ?? "swarm.key");
  const fingerprint = await createSwarmKeyFile(file);
  if (config !== undefined) await writeSetting(config, "network.swarmKey", file);
  if (output === "json") {
    terminal.out(JSON.stringify({ File: file, Fingerprint: fingerprint, ...(config && { Config: config }) }));
    return undefined;
  }
  if (quiet) {
    terminal.out(fingerprint);
    return undefined;
  }
  const start = config === undefined ? `--swarm-key ${file}` : `--config ${config}`;
  terminal.out(`A new swarm key is in ${printable(file)}, fingerprint ${fingerprint}`);
  terminal.err("Copy it to every node of the network on a way that you trust: whoever has it can join.");
  terminal.err(`Start each with: gadus serve ${printable(start)}`);
  return undefined;
}
