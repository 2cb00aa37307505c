import { labelsHold, type NodeView, type Requester } from "@gadus/requester";
import type { FastifyInstance } from "fastify";
import type { z } from "zod";
import { route, type SchemaTypes } from "./api-operation.ts";
import type { Json } from "./api-shapes.ts";
import { parseSelectors } from "./label-selector.ts";
import { nodeShape } from "./node-shapes.ts";
import { NodeError } from "../node-error.ts";
import * as operations from "./node-operations.ts";
import { orderOfNodes } from "./order-of-nodes.ts";

/** The nodes that this requester knows of, and which of them get jobs. */
export function addNodeRoutes(app: FastifyInstance, requester: Requester): void {
  const shape = (node: NodeView) => nodeShape(node, requester.reputation(node.nodeId));
  const api = app.withTypeProvider<SchemaTypes>();
  api.get("/orchestrator/nodes", route(operations.listNodes), async ({ query }) => {
    const { nodes, next } = listNodes(requester.nodes(), query);
    return { Nodes: nodes.map(shape), NextToken: next };
  });
  api.get("/orchestrator/nodes/:id", route(operations.describeNode), async ({ params }) => ({
    Node: shape(findNode(requester, params.id)),
  }));
  api.put("/orchestrator/nodes/:id", route(operations.decideNode), async ({ params, body }) =>
    decide(requester, findNode(requester, params.id), body),
  );
}

type ListQuery = z.output<(typeof operations.listNodes)["querystring"]>;

function listNodes(
  all: readonly NodeView[],
  wish: ListQuery,
): { readonly nodes: readonly NodeView[]; readonly next: string } {
  const labels = parseSelectors(wish.labels);
  const membership = wish["filter-approval"];
  const status = wish["filter-status"];
  const found = all
    .filter((node) => membership === undefined || node.membership === membership)
    .filter(({ connected }) => status === undefined || connected === (status === "connected"))
    .filter(({ announcement }) => labels.every((each) => labelsHold(announcement?.labels ?? {}, each)))
    .toSorted(orderOfNodes(wish.order_by ?? "id"));
  if (wish.reverse) found.reverse();
  const begin = wish.next_token === undefined ? 0 : indexAfter(found, wish.next_token);
  const nodes = found.slice(begin, begin + wish.limit);
  const last = nodes.at(-1);
  const isLast = last === undefined || begin + nodes.length >= found.length;
  return { nodes, next: isLast ? "" : Buffer.from(last.nodeId).toString("base64url") };
}

function indexAfter(nodes: readonly NodeView[], token: string): number {
  const last = Buffer.from(token, "base64url").toString();
  const index = nodes.findIndex(({ nodeId }) => nodeId === last);
  if (index >= 0) return index + 1;
  throw new NodeError("node/invalid-request", "Cannot use next_token: no page of these nodes ended there", {
    field: "next_token",
    hint: "Begin again without next_token: nodes come and go.",
  });
}

type Decision = z.output<(typeof operations.decideNode)["body"]>;

/** Does what `{Action, Message}` says; what can't be done now is an answer, not an error. */
async function decide(
  requester: Requester,
  { nodeId }: NodeView,
  { Action: action, Message }: Decision,
): Promise<Json> {
  const message = Message ?? "";
  if (action !== "delete") {
    await requester.decideMembership(nodeId, action === "approve" ? "approved" : "rejected", message);
    return { Success: true, Error: "" };
  }
  if (await requester.forgetNode(nodeId)) return { Success: true, Error: "" };
  const state = "it is connected; reject it, or stop it first";
  return { Success: false, Error: `Cannot delete node ${nodeId}: ${state}` };
}

function findNode(requester: Requester, id: string): NodeView {
  const found = requester.nodes().filter(({ nodeId }) => nodeId.startsWith(id));
  const node = found.find(({ nodeId }) => nodeId === id) ?? found[0];
  if (node !== undefined && (found.length === 1 || node.nodeId === id)) return node;
  const state = found.length === 0 ? "this requester knows of none" : `${found.length} nodes begin so`;
  throw new NodeError("node/unknown-node", `Cannot find node "${id}": ${state}`, {
    hint: "List the nodes: gadus node list, or GET /api/v1/orchestrator/nodes.",
  });
}
