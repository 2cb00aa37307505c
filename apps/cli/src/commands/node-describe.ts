import type { ApiNode, ApiResources } from "@gadus/client";
import type { Context } from "../context.ts";
import { engineFields } from "../engine-fields.ts";
import { formatSize } from "../format-size.ts";
import { printFields } from "../print-list.ts";
import { printable } from "../terminal.ts";

/** `gadus node describe NODE`: shows a node. */
export async function nodeDescribe(context: Context, args: readonly string[]): Promise<undefined> {
  const [id = ""] = args;
  const { terminal, output, quiet } = context;
  const api = await context.api();
  const node = await api.nodes.get(id, { signal: context.signal });
  if (output === "json") {
    terminal.out(JSON.stringify(node));
    return undefined;
  }
  if (quiet) {
    terminal.out(node.Info.NodeID);
    return undefined;
  }
  const { Info, Membership, ConnectionState } = node;
  const compute = Info.ComputeNodeInfo;
  const list = (values: readonly string[] | undefined): string | undefined =>
    values === undefined ? undefined : printable(values.join(", "));
  printFields(context, [
    ["Node", Info.NodeID],
    ["Type", Info.NodeType],
    ["Membership", Membership],
    ["Connection", ConnectionState?.Status],
    ["Address", compute?.address],
    ["Version", Info.BacalhauVersion?.GitVersion],
    ["Engines", list(compute?.ExecutionEngines)],
    ...engineFields(compute),
    ["Sources", list(compute?.StorageSources)],
    ["Publishers", list(compute?.Publishers)],
    ["Capacity", describeCapacity(compute?.MaxCapacity)],
    ["Free", describeCapacity(compute?.AvailableCapacity)],
    ["Running", compute?.RunningExecutions?.toString()],
    ["Queued", compute?.EnqueuedExecutions?.toString()],
    ["Reputation", describeReputation(node.Reputation)],
    ["Labels", list(Object.entries(Info.Labels ?? {}).map(([key, value]) => `${key}=${value}`))],
  ]);
  return undefined;
}

function describeReputation(seen: ApiNode["Reputation"]): string | undefined {
  if (seen === undefined) return undefined;
  const { Verified, Refuted, Failed, Late, Score } = seen;
  const counts = `${count(Verified)} verified, ${count(Refuted)} refuted, ${count(Failed)} failed, ${count(Late)} late`;
  return `${Score.toFixed(2)} (${counts})`;
}

/** Counts of what was seen long ago are fractions. */
function count(value: number): string {
  return Number(value.toFixed(1)).toString();
}

function describeCapacity(capacity: ApiResources | undefined): string | undefined {
  if (capacity === undefined) return undefined;
  const { CPU, Memory, Disk, GPU } = capacity;
  return `${CPU} cores, ${formatSize(Memory)} memory, ${formatSize(Disk)} disk, ${GPU} GPUs`;
}
