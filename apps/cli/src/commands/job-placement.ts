import type { Context } from "../context.ts";
import { printList } from "../print-list.ts";
import { printable } from "../terminal.ts";

/** `gadus job placement JOB`: lists every node considered for a job, and why it does or doesn't run it. */
export async function jobPlacement(
  context: Context,
  args: readonly string[],
  { jobVersion }: { readonly jobVersion?: number },
): Promise<undefined> {
  const [idOrName = ""] = args;
  const { terminal, signal, output, quiet } = context;
  const api = await context.api();
  const placement = await api.jobs.placement(idOrName, { signal, ...(jobVersion && { jobVersion }) });
  if (output === "table" && !quiet) terminal.out(`${printable(placement.Summary)}\n`);
  printList(context, {
    columns: [
      { title: "NODE", shrink: "early" },
      { title: "SCORE" },
      { title: "BID" },
      { title: "REASON", shrink: "late" },
    ],
    rows: placement.Nodes.map(({ NodeID, Score, Bid, Reason }) => [
      NodeID,
      Score.toFixed(2),
      Bid === "none" ? "-" : Bid,
      Reason,
    ]),
    ids: placement.Nodes.map(({ NodeID }) => NodeID),
    json: placement,
    empty: "No nodes known yet; start one with gadus serve --compute --bootstrap ADDR.",
  });
  return undefined;
}
