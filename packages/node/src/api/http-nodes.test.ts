import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { startTestApi, type TestApi } from "./test-api.ts";

const NODES = "/api/v1/orchestrator/nodes";

let api: TestApi;
beforeEach(async () => {
  api = await startTestApi();
});
afterEach(() => api.stop());

interface List {
  readonly Nodes: readonly { readonly Info: { readonly NodeID: string } }[];
  readonly NextToken: string;
}

async function list(query: string): Promise<readonly string[]> {
  const { Nodes } = (await api.server.app.inject({ url: `${NODES}?${query}` })).json<List>();
  return Nodes.map(({ Info }) => Info.NodeID);
}

async function put(id: string, payload: object): Promise<{ status: number; body: object }> {
  const response = await api.server.app.inject({ method: "PUT", url: `${NODES}/${id}`, payload });
  return { status: response.statusCode, body: response.json<object>() };
}

describe("GET /orchestrator/nodes", () => {
  beforeEach(async () => {
    await api.join("node-a", { zone: "a", disk: "ssd" }, 2 ** 30);
    await api.join("node-b", { zone: "b" }, 2 ** 32);
    await (await api.join("node-c", {}, 2 ** 31)).stop();
  });

  test.each([
    ["", ["node-a", "node-b", "node-c", "node-r"]],
    ["reverse=true", ["node-r", "node-c", "node-b", "node-a"]],
    ["labels=zone%3Da", ["node-a"]],
    ["labels=zone&labels=!disk", ["node-b"]],
    ["labels=zone+in+(a,b)", ["node-a", "node-b"]],
    ["filter-status=connected", ["node-a", "node-b", "node-r"]],
    ["filter-status=DISCONNECTED", ["node-c"]],
    ["filter-approval=approved&limit=1", ["node-a"]],
    ["filter-approval=rejected", []],
    ["order_by=available_memory&filter-status=connected", ["node-b", "node-a", "node-r"]],
    ["order_by=type&filter-status=connected", ["node-a", "node-b", "node-r"]],
    ["order_by=status", ["node-a", "node-b", "node-r", "node-c"]],
  ])("?%s", async (query, expected) => {
    await expect.poll(() => list(query)).toEqual(expected);
  });

  test("pages through all of them", async () => {
    const seen: string[] = [];
    let token = "";
    do {
      const response = await api.server.app.inject({ url: `${NODES}?limit=3&next_token=${token}` });
      const { Nodes, NextToken } = response.json<List>();
      seen.push(...Nodes.map(({ Info }) => Info.NodeID));
      token = NextToken;
    } while (token !== "");
    expect(seen).toEqual(["node-a", "node-b", "node-c", "node-r"]);
  });

  test.each(["filter-approval=maybe", "filter-status=x", "order_by=colour", "labels=a+b", "next_token=x"])(
    "answers 400 to ?%s",
    async (query) => {
      const response = await api.server.app.inject({ url: `${NODES}?${query}` });
      expect(response.statusCode).toBe(400);
      expect(response.json<object>()).toMatchObject({ Details: { Field: query.split("=")[0] } });
    },
  );
});

describe("PUT /orchestrator/nodes/:id", () => {
  const membership = async (id: string) =>
    (await api.server.app.inject({ url: `${NODES}/${id}` })).json<{ Node: { Membership: string } }>().Node
      .Membership;

  test("rejects and approves a node", async () => {
    await api.join("node-a");
    expect(await membership("node-a")).toBe("APPROVED");
    const rejection = { Action: "reject", Message: "too slow", NodeID: "node-a" };
    expect(await put("node-a", rejection)).toEqual({ status: 200, body: { Success: true, Error: "" } });
    expect(await membership("node-a")).toBe("REJECTED");
    expect(await list("filter-approval=rejected")).toEqual(["node-a"]);
    expect(await put("node-a", { action: "approve" })).toEqual({
      status: 200,
      body: { Success: true, Error: "" },
    });
    expect(await membership("node-a")).toBe("APPROVED");
  });

  test("says why one that is connected isn't deleted, and deletes one that is gone", async () => {
    const node = await api.join("node-a");
    expect(await put("node-a", { Action: "delete" })).toEqual({
      status: 200,
      body: {
        Success: false,
        Error: "Cannot delete node node-a: it is connected; reject it, or stop it first",
      },
    });
    await node.stop();
    await expect.poll(() => list("filter-status=disconnected")).toEqual(["node-a"]);
    expect(await put("node-a", { Action: "delete" })).toMatchObject({ body: { Success: true } });
    expect(await list("")).toEqual(["node-r"]);
  });

  test("is PENDING where nodes must be approved, but for this node itself", async () => {
    const careful = await startTestApi({}, { membership: "approve" });
    await careful.join("node-a");
    const { app } = careful.server;
    const pending = (await app.inject({ url: `${NODES}?filter-approval=pending` })).json<List>();
    expect(pending.Nodes).toMatchObject([{ Info: { NodeID: "node-a" }, Membership: "PENDING" }]);
    const approved = (await app.inject({ url: `${NODES}?filter-approval=approved` })).json<List>();
    expect(approved.Nodes).toMatchObject([{ Info: { NodeID: "node-r" } }]);
    await careful.stop();
  });

  test.each([
    ["node-r", { Action: "praise" }, 400],
    ["node-r", {}, 400],
    ["nobody", { Action: "approve" }, 404],
  ])("answers %s %j with %i", async (id, payload, status) => {
    expect(await put(id, payload)).toMatchObject({ status });
  });
});

test("GET /agent/config leaves out secrets, and GET /agent/debug tells what helps", async () => {
  const config = await api.server.app.inject({ url: "/api/v1/agent/config" });
  expect(config.json<object>()).toEqual({
    config: { api: { port: 1234 }, network: { swarmKey: "<redacted>" } },
  });
  const debug = await api.server.app.inject({ url: "/api/v1/agent/debug" });
  expect(debug.json<object>()).toMatchObject({ NodeID: "node-r", Roles: ["requester"], Peers: [] });
});
