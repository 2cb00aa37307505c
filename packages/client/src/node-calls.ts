import type { SendJson } from "./api-request.ts";
import type { AnswerOf, ApiNode, BodyOf, QueryOf } from "./api-types.ts";
import type { CallOptions } from "./call-options.ts";
import { ClientError } from "./client-error.ts";
import { pageRequest, withQuery } from "./job-calls.ts";

const PAGE_NODES = 1000;

/** Which nodes, and in which order. */
export interface NodeQuery extends CallOptions {
  /** Selectors that all must hold, as those of jobs. */
  readonly labels?: readonly string[];
  readonly membership?: "pending" | "approved" | "rejected";
  readonly status?: "connected" | "disconnected";
  readonly orderBy?:
    | "id"
    | "type"
    | "status"
    | "available_cpu"
    | "available_memory"
    | "available_disk"
    | "available_gpu";
  readonly reverse?: boolean;
}

/** What an operator says to a decision. */
export interface DecisionOptions extends CallOptions {
  /** Kept with the node. */
  readonly message?: string;
}

/** The nodes that a requester knows: each is named by its id, or a unique beginning of it. */
export interface NodeCalls {
  /** All that are asked for, however many pages they are. */
  list(query?: NodeQuery): Promise<readonly ApiNode[]>;
  get(nodeId: string, options?: CallOptions): Promise<ApiNode>;
  /** Lets a node have jobs. */
  approve(nodeId: string, options?: DecisionOptions): Promise<void>;
  /** Lets a node have no more jobs. */
  reject(nodeId: string, options?: DecisionOptions): Promise<void>;
  /** Forgets a node that is gone. @throws {ClientError} `client/refused` for one that is connected */
  delete(nodeId: string, options?: DecisionOptions): Promise<void>;
}

type Decision = BodyOf<"decideNode">;

/** The calls of nodes, sent by `json`. */
export function nodeCalls(json: SendJson): NodeCalls {
  const at = (id: string): string => `/orchestrator/nodes/${encodeURIComponent(id)}`;
  const decide =
    (Action: Decision["Action"]) =>
    async (id: string, { message, ...options }: DecisionOptions = {}): Promise<void> => {
      const request = {
        ...options,
        method: "PUT",
        json: { Action, Message: message } satisfies Decision,
      } as const;
      const { Success, Error: state } = await json<AnswerOf<"decideNode">>(at(id), request);
      if (!Success) throw new ClientError("client/refused", state || `Cannot ${Action} node ${id}`);
    };
  return {
    async list({ labels, membership, status, orderBy, reverse, ...options } = {}) {
      const filters = { "filter-approval": membership, "filter-status": status };
      const query = { ...filters, labels, order_by: orderBy, reverse } satisfies QueryOf<"listNodes">;
      const all: ApiNode[] = [];
      let nextToken: string | undefined;
      do {
        const page = pageRequest({ ...options, limit: PAGE_NODES, ...(nextToken && { nextToken }) });
        const { Nodes, NextToken } = await json<AnswerOf<"listNodes">>(
          "/orchestrator/nodes",
          withQuery(page, query),
        );
        all.push(...Nodes);
        nextToken = Nodes.length === 0 ? undefined : NextToken;
      } while (nextToken);
      return all;
    },
    async get(id, options) {
      return (await json<AnswerOf<"describeNode">>(at(id), options)).Node;
    },
    approve: decide("approve"),
    reject: decide("reject"),
    delete: decide("delete"),
  };
}
