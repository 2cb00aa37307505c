import type { NodeView, Requester } from "@gadus/requester";
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { nodeShape } from "./node-shapes.ts";
import { NodeError } from "./node-error.ts";
import { flagSchema, limitSchema, readQuery } from "./read-query.ts";

const listSchema = z.object({ limit: limitSchema, reverse: flagSchema });

/** The nodes that this requester knows of. */
export function addNodeRoutes(app: FastifyInstance, requester: Requester): void {
  const shape = (node: NodeView) => nodeShape(node, requester.reputation(node.nodeId));
  app.get("/orchestrator/nodes", async ({ query }) => {
    const { limit, reverse } = readQuery(listSchema, query);
    const nodes = requester.nodes().toSorted((a, b) => (a.nodeId < b.nodeId ? -1 : 1));
    if (reverse) nodes.reverse();
    return { Nodes: nodes.slice(0, limit).map(shape), NextToken: "" };
  });
  app.get<{ Params: { id: string } }>("/orchestrator/nodes/:id", async ({ params }) => ({
    Node: shape(findNode(requester, params.id)),
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
