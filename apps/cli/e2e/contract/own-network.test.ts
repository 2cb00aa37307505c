import { afterAll, beforeAll, expect, test } from "vitest";
import { type DevnetReady, type Running, startDevnet } from "../gadus.ts";
import { JOBS, noop } from "./contract-jobs.ts";
import { send } from "./raw-http.ts";

/** A network apart: what is done to it would change what other tests see. */
let liars: Running<DevnetReady>;
beforeAll(async () => {
  liars = await startDevnet("--compute", "3", "--liars", "1");
});
afterAll(async () => {
  await liars?.end();
});

interface Item {
  readonly NodeID: string;
  readonly ComputeState: { readonly StateType: number };
}

test("a refuted execution is 10 with the reason in Message, and its verdict and exact state in Details", async () => {
  const { api, nodes } = liars.ready;
  const body = { Job: noop({ Stdout: "the truth\n" }, { Deal: { Concurrency: 3, Confidence: 2 } }) };
  const { JobID } = (await send("PUT", JOBS, { api, body })).body as { JobID: string };
  const ofLiar = async (): Promise<Item | undefined> => {
    const { Items } = (await send("GET", `${JOBS}/${JobID}/executions`, { api })).body as { Items: Item[] };
    return Items.find(({ NodeID }) => NodeID === nodes.find(({ liar }) => liar)?.nodeId);
  };
  await expect.poll(async () => (await ofLiar())?.ComputeState.StateType, { timeout: 30_000 }).toBe(10);
  expect((await ofLiar())?.ComputeState).toMatchObject({
    StateType: 10,
    Message: expect.stringMatching(/./),
    Details: {
      State: "refuted",
      Verdict: "refuted",
      Reason: expect.stringMatching(/./),
      Digest: expect.stringMatching(/^h1:/),
    },
  });
});

test("a node that is rejected gets no jobs, until it is approved again", async () => {
  const { api, nodes } = liars.ready;
  const { nodeId = "" } = nodes[3] ?? {};
  const path = `/api/v1/orchestrator/nodes/${nodeId}`;
  const decide = (Action: string) =>
    send("PUT", path, { api, body: { Action, Message: "", NodeID: nodeId } });
  expect(await decide("reject")).toMatchObject({ status: 200, body: { Success: true, Error: "" } });
  const rejected = await send("GET", "/api/v1/orchestrator/nodes?filter-approval=rejected", { api });
  expect(rejected.body).toEqual({
    Nodes: [
      expect.objectContaining({
        Info: expect.objectContaining({ NodeID: nodeId }),
        Membership: "REJECTED",
        Connection: "CONNECTED",
      }),
    ],
    NextToken: "",
  });
  const { JobID } = (await send("PUT", JOBS, { api, body: { Job: noop() } })).body as { JobID: string };
  const placement = await send("GET", `${JOBS}/${JobID}/placement`, { api });
  expect(placement.body).toMatchObject({
    Nodes: expect.arrayContaining([expect.objectContaining({ NodeID: nodeId, Able: false, Executions: [] })]),
  });
  expect(await decide("approve")).toMatchObject({ status: 200, body: { Success: true, Error: "" } });
  const approved = await send("GET", path, { api });
  expect(approved.body).toMatchObject({ Node: { Membership: "APPROVED" } });
});
