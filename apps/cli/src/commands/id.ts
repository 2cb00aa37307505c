import type { Context } from "../context.ts";

/** `gadus id`: prints the id of the API's node. */
export async function id({ api, terminal, signal, output }: Context): Promise<undefined> {
  const { NodeID } = await (await api()).agent.node({ signal });
  terminal.out(output === "json" ? JSON.stringify({ NodeID }) : NodeID);
  return undefined;
}
