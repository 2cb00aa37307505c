import type { ApiResources, NodeQuery } from "@gadus/client";
import type { Context } from "../context.ts";
import { formatSize } from "../format-size.ts";
import { printList } from "../print-list.ts";

type ListOptions = Pick<NodeQuery, "labels" | "membership" | "status" | "reverse"> & {
  readonly orderBy?: string;
};

/** `gadus node list`: lists the nodes that the requester knows. */
export async function nodeList(
  context: Context,
  _args: readonly string[],
  { labels, membership, status, reverse, orderBy }: ListOptions,
): Promise<undefined> {
  const api = await context.api();
  const nodes = await api.nodes.list({
    signal: context.signal,
    ...(labels !== undefined && { labels }),
    ...(membership !== undefined && { membership }),
    ...(status !== undefined && { status }),
    ...(reverse === true && { reverse }),
    ...(orderBy !== undefined && { orderBy: orderBy.replaceAll("-", "_") as NodeQuery["orderBy"] & string }),
  });
  printList(context, {
    columns: [
      { title: "ID", shrink: "early" },
      { title: "TYPE" },
      { title: "MEMBER", leaveOut: 3 },
      { title: "STATUS" },
      { title: "ENGINES", shrink: "late", leaveOut: 4 },
      { title: "FREE" },
      { title: "RUNNING", leaveOut: 1 },
      { title: "LABELS", shrink: "late", leaveOut: 2 },
    ],
    rows: nodes.map(({ Info, Membership, ConnectionState }) => [
      Info.NodeID,
      Info.NodeType.toLowerCase(),
      (Membership ?? "unknown").toLowerCase(),
      (ConnectionState?.Status ?? "unknown").toLowerCase(),
      (Info.ComputeNodeInfo?.ExecutionEngines ?? []).join(","),
      describeCapacity(Info.ComputeNodeInfo?.AvailableCapacity),
      String(Info.ComputeNodeInfo?.RunningExecutions ?? 0),
      Object.entries(Info.Labels ?? {})
        .map(([key, value]) => `${key}=${value}`)
        .join(","),
    ]),
    ids: nodes.map(({ Info }) => Info.NodeID),
    json: nodes,
    empty:
      labels === undefined && membership === undefined && status === undefined
        ? "No nodes known yet; start one with gadus serve --compute --bootstrap ADDR."
        : "No such nodes.",
  });
  return undefined;
}

function describeCapacity(capacity: ApiResources | undefined): string {
  if (capacity === undefined) return "-";
  return `${capacity.CPU ?? 0} cores, ${formatSize(capacity.Memory ?? 0)}`;
}
