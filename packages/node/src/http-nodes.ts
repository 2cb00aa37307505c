import type { Requester } from "@gadus/requester";
import type { FastifyInstance } from "fastify";
import { nodeShape } from "./node-shapes.ts";
import { NodeError } from "./node-error.ts";

/** The nodes that this requester knows of. */
export function addNodeRoutes(app: FastifyInstance, requester: Requester): void {
  app.get("/orchestrator/nodes", async () => ({
    Nodes: requester
      .nodes()
      .toSorted((a, b) => (a.nodeId < b.nodeId ? -1 : 1))
      .map(nodeShape),
    NextToken: "",
  }));
  app.get<{ Params: { id: string } }>("/orchestrator/nodes/:id", async ({ params }) => ({
    Node: nodeShape(findNode(requester, params.id)),
  }));
}

function findNode(requester: Requester, id: string): ReturnType<Requester["nodes"]>[number] {
  const found = requester.nodes().filter(({ nodeId }) => nodeId.startsWith(id));
  const node = found.find(({ nodeId }) => nodeId === id) ?? found[0];
  if (node !== undefined && (found.length === 1 || node.nodeId === id)) return node;
  const state = found.length === 0 ? "this requester knows of none" : `${found.length} nodes begin so`;
  throw new NodeError("node/unknown-node", `Cannot describe node "${id}": ${state}`, {
    hint: "List the nodes with GET /api/v1/orchestrator/nodes.",
  });
}
