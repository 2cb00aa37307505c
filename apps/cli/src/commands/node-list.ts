import type { ApiResources } from "@gadus/client";
import type { Context } from "../context.ts";
import { formatSize } from "../format-size.ts";
import { printList } from "../print-list.ts";

/** `gadus node list`: lists the nodes that the requester knows. */
export async function nodeList(context: Context): Promise<undefined> {
  const api = await context.api();
  const nodes = await api.nodes.list({ signal: context.signal });
  printList(context, {
    columns: [
      { title: "ID", shrink: "late" },
      { title: "TYPE" },
      { title: "STATUS" },
      { title: "ENGINES", shrink: "late" },
      { title: "FREE" },
      { title: "RUNNING" },
      { title: "LABELS", shrink: "late" },
    ],
    rows: nodes.map(({ Info, ConnectionState }) => [
      Info.NodeID,
      Info.NodeType.toLowerCase(),
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
    empty: "No nodes known yet; start one with gadus serve --compute --bootstrap ADDR.",
  });
  return undefined;
}

function describeCapacity(capacity: ApiResources | undefined): string {
  if (capacity === undefined) return "-";
  return `${capacity.CPU ?? 0} cores, ${formatSize(capacity.Memory ?? 0)}`;
}
