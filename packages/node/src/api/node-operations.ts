import { z } from "zod";
import { operation } from "./api-operation.ts";
import { EXAMPLE } from "./job-answer.ts";
import { anyCase } from "./job-body.ts";
import { selectorsSchema } from "./job-operations.ts";
import { EXAMPLE_NODE, nodeListSchema, nodeStateSchema } from "./node-answer.ts";
import { NODE_ORDERS } from "./order-of-nodes.ts";
import { flagSchema, limitSchema, textSchema } from "./read-query.ts";
import { showAs } from "./shown-as.ts";

const NODES = "/api/v1/orchestrator/nodes";

/** One of `values`, in any letter case; absent and empty are any. */
function choiceSchema<T extends string>(...values: readonly T[]) {
  const choices = z.enum(values as readonly [T, ...T[]]);
  const schema = z
    .string()
    .optional()
    .transform((text) => text?.toLowerCase() || undefined)
    .pipe(choices.optional());
  return showAs(schema, choices.optional());
}

const nodePathSchema = z.object({
  id: z
    .string()
    .describe("a node's id, or a part of one from its beginning that no other has")
    .meta({ example: EXAMPLE.nodeId }),
});

export const listNodes = operation({
  operationId: "listNodes",
  methods: ["GET"],
  url: NODES,
  tag: "nodes",
  summary: "List nodes",
  description: "A page of the nodes that this requester knows of.",
  querystring: z.object({
    labels: selectorsSchema,
    "filter-approval": choiceSchema("pending", "approved", "rejected").describe("of this membership only"),
    "filter-status": choiceSchema("connected", "disconnected").describe("only those"),
    order_by: choiceSchema(...NODE_ORDERS).describe("`id` where absent"),
    reverse: flagSchema.describe("the other way round"),
    limit: limitSchema.describe("nodes on one page, 1000 at most; 100 where absent or 0"),
    next_token: textSchema.describe("NextToken of the page before"),
  }),
  answers: {
    200: {
      description: "One page of nodes.",
      schema: nodeListSchema,
      example: { Nodes: [EXAMPLE_NODE], NextToken: "" },
    },
  },
  errors: [],
});

export const describeNode = operation({
  operationId: "describeNode",
  methods: ["GET"],
  url: `${NODES}/:id`,
  tag: "nodes",
  summary: "Describe a node",
  description: "One node, with what this requester saw of it.",
  params: nodePathSchema,
  answers: {
    200: {
      description: "The node.",
      schema: z.strictObject({ Node: nodeStateSchema }),
      example: { Node: EXAMPLE_NODE },
    },
  },
  errors: ["node/unknown-node"],
});

const actions = z.enum(["approve", "reject", "delete"]);

export const decideNode = operation({
  operationId: "decideNode",
  methods: ["PUT"],
  url: `${NODES}/:id`,
  tag: "nodes",
  summary: "Approve, reject or forget a node",
  description:
    "Decides whether a node gets jobs, or forgets one that is not connected. What can't be done now is told in the answer.",
  params: nodePathSchema,
  body: anyCase(
    z.object({
      Action: showAs(z.string().toLowerCase().pipe(actions), actions).describe("in any letter case"),
      Message: textSchema.nullish().describe("why, for the log"),
    }),
  ),
  bodyExample: { Action: "approve", Message: "known to us" },
  answers: {
    200: {
      description: "Whether it was done.",
      schema: z.strictObject({ Success: z.boolean(), Error: z.string().describe("empty where it was done") }),
      example: { Success: true, Error: "" },
    },
  },
  errors: ["node/unknown-node", "requester/stopped", "node/store-full"],
});
