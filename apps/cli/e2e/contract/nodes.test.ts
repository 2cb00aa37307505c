import { describe, expect, inject, test } from "vitest";
import { EVALUATION_ID, get, ISO_TIME, NODE_ID, REQUEST_ID, send } from "./raw-http.ts";

const NODES = "/api/v1/orchestrator/nodes";
interface NodePage {
  readonly Nodes: readonly { readonly Info: { readonly NodeID: string; readonly NodeType: string } }[];
  readonly NextToken: string;
}
const list = async (query = ""): Promise<NodePage> => (await get(`${NODES}?${query}`)) as NodePage;
const idsOf = ({ Nodes }: NodePage): readonly string[] => Nodes.map(({ Info }) => Info.NodeID);
const amounts = {
  CPU: expect.any(Number),
  Memory: expect.any(Number),
  Disk: expect.any(Number),
  GPU: expect.any(Number),
};

/** A compute node as it is shown. */
const computeNode = (nodeId: unknown): object => ({
  Info: {
    NodeID: nodeId,
    NodeType: "Compute",
    Labels: {},
    SupportedProtocols: ["gadus/bid/1.0.0"],
    BacalhauVersion: {
      Major: "0",
      Minor: "1",
      GitVersion: "v0.1.0",
      GitCommit: "",
      BuildDate: "0001-01-01T00:00:00Z",
      GOOS: expect.any(String),
      GOARCH: expect.any(String),
    },
    ComputeNodeInfo: {
      ExecutionEngines: expect.arrayContaining(["wasm", "noop"]),
      Publishers: expect.arrayContaining(["ipfs"]),
      StorageSources: expect.arrayContaining(["inline", "ipfs"]),
      MaxCapacity: amounts,
      QueueCapacity: { CPU: 0, Memory: 0, Disk: 0, GPU: 0 },
      AvailableCapacity: amounts,
      MaxJobRequirements: amounts,
      RunningExecutions: expect.any(Number),
      EnqueuedExecutions: expect.any(Number),
      address: expect.stringMatching(/^\/ip4\/127\.0\.0\.1\/tcp\/\d+\/p2p\//),
      Engines: expect.arrayContaining([
        { Type: "noop", Profiles: ["noop/0"], Facts: {} },
        { Type: "wasm", Profiles: ["wasm/1"], Facts: expect.any(Object) },
      ]),
      UnavailableEngines: expect.any(Array),
    },
  },
  Membership: "APPROVED",
  Connection: "CONNECTED",
  ConnectionState: {
    Status: "CONNECTED",
    LastHeartbeat: ISO_TIME,
    ConnectedSince: ISO_TIME,
    DisconnectedSince: "0001-01-01T00:00:00Z",
    LastError: "",
  },
  Reputation: {
    Verified: expect.any(Number),
    Refuted: expect.any(Number),
    Failed: expect.any(Number),
    Late: expect.any(Number),
    Score: expect.any(Number),
  },
});

describe("GET /orchestrator/nodes", () => {
  test("answers {Nodes, NextToken}, each NodeState with all of its keys, and the requester itself", async () => {
    const { Nodes, NextToken } = await list();
    expect(NextToken).toBe("");
    expect(Nodes.filter(({ Info }) => Info.NodeType === "Compute")).toEqual(
      [1, 2, 3].map(() => computeNode(NODE_ID)),
    );
    const [requester, ...others] = Nodes.filter(({ Info }) => Info.NodeType === "Requester");
    expect(others).toEqual([]);
    expect(requester).toMatchObject({ Info: { NodeID: inject("network").nodes[0]?.nodeId } });
    expect(requester?.Info).not.toHaveProperty("ComputeNodeInfo");
  });

  test("pages by limit and next_token, in the order of order_by, or the other way round", async () => {
    for (const order of [
      "id",
      "type",
      "status",
      "available_cpu",
      "available_memory",
      "available_disk",
      "available_gpu",
      "",
    ]) {
      const all = idsOf(await list(`order_by=${order}`));
      expect(all).toHaveLength(4);
      expect(idsOf(await list(`order_by=${order}&limit=0`))).toEqual(all);
      expect(idsOf(await list(`order_by=${order}&reverse=true`))).toEqual(all.toReversed());
    }
    const all = idsOf(await list());
    const first = await list("limit=3");
    expect(idsOf(first)).toEqual(all.slice(0, 3));
    const second = await list(`limit=3&next_token=${first.NextToken}`);
    expect([idsOf(second), second.NextToken]).toEqual([all.slice(3), ""]);
    const refused = await send("GET", `${NODES}?next_token=tampered`);
    expect([refused.status, refused.body]).toEqual([
      400,
      expect.objectContaining({ Code: "node/invalid-request", Details: { Field: "next_token" } }),
    ]);
    expect(await send("GET", `${NODES}?order_by=colour`)).toMatchObject({
      status: 400,
      body: { Details: { Field: "order_by" } },
    });
  });

  test("filter-approval, filter-status and labels choose, in any letter case", async () => {
    expect((await list("filter-approval=approved&filter-status=CONNECTED")).Nodes).toHaveLength(4);
    expect(await list("filter-approval=rejected")).toEqual({ Nodes: [], NextToken: "" });
    expect(await list("filter-status=disconnected")).toEqual({ Nodes: [], NextToken: "" });
    expect(await list("labels=zone")).toEqual({ Nodes: [], NextToken: "" });
    expect((await list(`labels=${encodeURIComponent("zone!=b")}&labels=!zone`)).Nodes).toHaveLength(4);
    expect(await send("GET", `${NODES}?filter-status=sleepy`)).toMatchObject({
      status: 400,
      body: { Details: { Field: "filter-status" } },
    });
  });
});

describe("GET and PUT /orchestrator/nodes/:id", () => {
  const nodeId = (): string => inject("network").nodes[3]?.nodeId ?? "";

  test("answers {Node}, also to a unique beginning of the id", async () => {
    expect(await get(`${NODES}/${nodeId()}`)).toEqual({ Node: computeNode(nodeId()) });
    expect(await get(`${NODES}/${nodeId().slice(0, 20)}`)).toEqual({ Node: computeNode(nodeId()) });
    const { status, body } = await send("GET", `${NODES}/nobody`);
    expect([status, body]).toEqual([
      404,
      {
        Status: 404,
        Message: 'Cannot find node "nobody": this requester knows of none',
        RequestID: REQUEST_ID,
        Code: "node/unknown-node",
        Component: "node",
        Hint: "List the nodes: gadus node list, or GET /api/v1/orchestrator/nodes.",
      },
    ]);
  });

  test("approves, and answers {Success, Error}; what can't be done is told there, with 200", async () => {
    const put = (action: unknown) =>
      send("PUT", `${NODES}/${nodeId()}`, { body: { Action: action, Message: "by hand", NodeID: nodeId() } });
    expect(await put("approve")).toMatchObject({ status: 200, body: { Success: true, Error: "" } });
    const connected = await put("delete");
    expect([connected.status, connected.body]).toEqual([
      200,
      {
        Success: false,
        Error: `Cannot delete node ${nodeId()}: it is connected; reject it, or stop it first`,
      },
    ]);
    expect(await put("promote")).toMatchObject({ status: 400, body: { Details: { Field: "Action" } } });
  });
});

test("an evaluation's id is of no use to a client but to be shown", async () => {
  const { body } = await send("PUT", "/api/v1/orchestrator/jobs", {
    body: { Job: { Tasks: [{ Engine: { Type: "noop" } }] } },
  });
  const { EvaluationID } = body as { EvaluationID: string };
  expect(EvaluationID).toEqual(EVALUATION_ID);
  expect((await send("GET", `/api/v1/orchestrator/jobs/${EvaluationID}`)).status).toBe(404);
});
