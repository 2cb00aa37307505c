import { afterAll, beforeAll, expect, test } from "vitest";
import { submit } from "../e2e/jobs.ts";
import { heldCapacity, listJobs, unfinishedJobs } from "./check-jobs.ts";
import { type Cluster, type ClusterNode, startCluster } from "./cluster.ts";
import { workJob } from "./work-job.ts";

const JOBS = 40;
/** What `gadus serve` gives a node to stop before the process ends anyway. */
const STOP_WITHIN_MS = 15_000;
const END_WITHIN_MS = 60_000;

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster(2);
});
afterAll(() => cluster.stop());

test("a requester and a compute node that are told to stop under load end cleanly, and go on once started again", async () => {
  const { requester, compute } = cluster;
  await Promise.all(Array.from({ length: JOBS }, (_, index) => submitLong(index)));
  for (const node of [compute[0]!, requester]) {
    const startedMs = performance.now();
    expect(await node.end()).toBe(0);
    const tookMs = performance.now() - startedMs;
    console.log(`${node.name} stopped in ${tookMs.toFixed(0)} ms`);
    expect(tookMs).toBeLessThan(STOP_WITHIN_MS);
    await startAgain(node);
  }
  expect(await unfinishedJobs(requester.api, END_WITHIN_MS)).toEqual([]);
  const states = (await listJobs(requester.api)).map(({ State }) => State?.StateType);
  expect(states).toEqual(Array(JOBS).fill("Completed"));
  expect(await heldCapacity(cluster, END_WITHIN_MS)).toEqual([]);
  expect(cluster.crashes).toEqual([]);
});

async function submitLong(index: number): Promise<void> {
  const work = { name: `job-${index}`, seed: 1, steps: 250_000_000, concurrency: 1 };
  expect((await submit(cluster.requester.api.url, workJob(work))).status).toBe(200);
}

async function startAgain(node: ClusterNode): Promise<void> {
  node.start();
  await node.ready();
}
