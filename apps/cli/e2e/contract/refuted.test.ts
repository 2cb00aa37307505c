import { afterAll, beforeAll, expect, test } from "vitest";
import { type DevnetReady, type Running, startDevnet } from "../gadus.ts";
import { JOBS, noop } from "./contract-jobs.ts";
import { send } from "./raw-http.ts";

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
