import { stateOf } from "@gadus/client";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runToEnd, submit, waitForEnd } from "../e2e/jobs.ts";
import { fetchResult, heldCapacity } from "./check-jobs.ts";
import { type Cluster, type ClusterNode, startCluster } from "./cluster.ts";
import { runningOn } from "./running-on.ts";

const DURATION_MS = 3000;
const STDOUT = "three seconds\n";
/** How much longer the loss of its node may make a job. */
const LATER_BY_MS = 5000;
/** What other work on this machine may add, as nothing here is alone on its cores. */
const BUSY_MACHINE_MS = 1500;
const FREE_WITHIN_MS = 40_000;

const document = {
  Type: "batch",
  Deal: { Concurrency: 1 },
  Tasks: [
    {
      Engine: { Type: "noop", Params: { Stdout: STDOUT, DurationMs: DURATION_MS } },
      Timeouts: { QueueTimeout: 60 },
      Publisher: { Type: "ipfs" },
    },
  ],
};

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster(4);
});
afterAll(() => cluster.stop());

test("a three-second job ends right within 5 s of what it takes alone when its node is killed in its middle for good", async () => {
  const { api } = cluster.requester;
  const aloneMs = await timed(async () => {
    expect((await runToEnd(api.url, document)).Job.State).toMatchObject({ StateType: "Completed" });
  });

  const lost: ClusterNode[] = [];
  const withLossMs = await timed(async () => {
    const { body } = await submit(api.url, document);
    const jobId = String(body.JobID);
    const [nodeId] = await runningOn(api, jobId, 1);
    await new Promise((resolve) => setTimeout(resolve, DURATION_MS / 2));
    const victim = cluster.compute.find((node) => node.nodeId === nodeId)!;
    await victim.kill();
    lost.push(victim);
    const view = await waitForEnd(api.url, jobId);
    expect(view.Job.State).toMatchObject({ StateType: "Completed" });
    expect(await fetchResult(api, view)).toEqual({ exitCode: "0", stderr: "", stdout: STDOUT });
    const ends = view.Executions!.Items.filter(({ NodeID }) => NodeID === nodeId).map(stateOf);
    expect(ends).toEqual(["failed"]);
  });

  console.log(`alone ${aloneMs.toFixed(0)} ms, with its node lost ${withLossMs.toFixed(0)} ms`);
  expect(withLossMs - aloneMs).toBeLessThan(LATER_BY_MS + BUSY_MACHINE_MS);
  const left = { ...cluster, compute: cluster.compute.filter((node) => !lost.includes(node)) };
  expect(await heldCapacity(left, FREE_WITHIN_MS)).toEqual([]);
  expect(cluster.crashes).toEqual([]);
});

async function timed(act: () => Promise<void>): Promise<number> {
  const startedMs = performance.now();
  await act();
  return performance.now() - startedMs;
}
