import { findSwarmKey } from "@gadus/node/swarm-key-file";
import { CliError } from "../cli-error.ts";
import type { Context } from "../context.ts";
import { printFields } from "../print-list.ts";
import { serveFlags, type ServeOptions } from "../serve-flags.ts";
import { printable } from "../terminal.ts";

interface KeyOptions extends ServeOptions {
  readonly show?: boolean;
}

/** `gadus swarm key`: says which swarm key a node has; with `--show` prints it. */
export async function swarmKey(
  context: Context,
  _args: readonly string[],
  options: KeyOptions,
): Promise<undefined> {
  const { terminal, env, output, quiet } = context;
  const key = await findSwarmKey({
    ...(options.config !== undefined && { file: options.config }),
    env,
    flags: serveFlags(options),
  });
  if (key === undefined) {
    const hint = "Make one with gadus swarm init, or name it with --swarm-key or --config.";
    const message = "Cannot show the swarm key: this node has none, and anyone may connect to it";
    throw new CliError("cli/not-found", message, { hint });
  }
  const { file, where, fingerprint, text } = key;
  const told = { File: file, Where: where, Fingerprint: fingerprint, ...(options.show && { Key: text }) };
  if (output === "json") terminal.out(JSON.stringify(told));
  else if (options.show === true) terminal.out(text.trimEnd());
  else if (quiet) terminal.out(fingerprint);
  else
    printFields(context, [
      ["Key", printable(file ?? "in the configuration itself")],
      ["Named by", printable(where)],
      ["Fingerprint", fingerprint],
    ]);
  return undefined;
}
