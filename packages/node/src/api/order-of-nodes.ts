import type { Resources } from "@gadus/protocol";
import type { NodeView } from "@gadus/requester";

/** What nodes can be ordered by. */
export const NODE_ORDERS = [
  "id",
  "type",
  "status",
  "available_cpu",
  "available_memory",
  "available_disk",
  "available_gpu",
] as const;
type NodeOrder = (typeof NODE_ORDERS)[number];

const RESOURCES: Readonly<Partial<Record<NodeOrder, keyof Resources>>> = {
  available_cpu: "cpuMillis",
  available_memory: "memoryBytes",
  available_disk: "diskBytes",
  available_gpu: "gpus",
};

/** Compares nodes: by id or type as text, those that are connected and those with most room first. */
export function orderOfNodes(order: NodeOrder): (a: NodeView, b: NodeView) => number {
  const resource = RESOURCES[order];
  const rank = (node: NodeView): number => {
    if (order === "status") return Number(!node.connected);
    const compute = node.announcement?.compute;
    if (order === "type") return Number(compute === undefined);
    return resource === undefined ? 0 : -(compute?.availableCapacity[resource] ?? -1);
  };
  return (a, b) => rank(a) - rank(b) || (a.nodeId < b.nodeId ? -1 : 1);
}
