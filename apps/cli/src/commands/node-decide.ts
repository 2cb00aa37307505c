import type { NodeCalls } from "@gadus/client";
import { CliError } from "../cli-error.ts";
import type { Action, Context } from "../context.ts";

type Decision = "approve" | "reject" | "delete";

const DONE: { readonly [D in Decision]: string } = {
  approve: "is approved: it gets jobs",
  reject: "is rejected: it gets no more jobs",
  delete: "is forgotten",
};

interface DecideOptions {
  readonly message?: string | undefined;
}

/** `gadus node approve|reject|delete NODE…`: says which nodes get jobs; all that can be done is done. */
export function nodeDecide(decision: Decision): Action<DecideOptions> {
  return async (context, args, { message }) => {
    const { nodes } = await context.api();
    const done: string[] = [];
    const failed: Error[] = [];
    for (const id of args) {
      try {
        done.push(await decide(context, nodes, { decision, id, message }));
      } catch (error) {
        context.signal.throwIfAborted();
        if (args.length === 1) throw error;
        failed.push(error as Error);
      }
    }
    if (context.output === "json") context.terminal.out(JSON.stringify({ NodeIDs: done }));
    const [first] = failed;
    if (first === undefined) return undefined;
    const messages = failed.map((error) => error.message).join("\n  ");
    throw new CliError("cli/refused", messages, { cause: first });
  };
}

async function decide(
  { terminal, signal, output, quiet }: Context,
  nodes: NodeCalls,
  { decision, id, message }: DecideOptions & { readonly decision: Decision; readonly id: string },
): Promise<string> {
  const { NodeID } = (await nodes.get(id, { signal })).Info;
  await nodes[decision](NodeID, { signal, ...(message !== undefined && { message }) });
  if (output !== "json") terminal.out(quiet ? NodeID : `Node ${NodeID} ${DONE[decision]}`);
  return NodeID;
}
