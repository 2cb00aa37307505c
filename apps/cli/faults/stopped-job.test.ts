import { stateOf } from "@gadus/client";
import { afterAll, beforeAll, expect, test } from "vitest";
import { submit, waitForEnd } from "../e2e/jobs.ts";
import { heldCapacity } from "./check-jobs.ts";
import { type Cluster, startCluster } from "./cluster.ts";
import { runningOn } from "./running-on.ts";

/** What a stop may take where nodes can be reached. */
const STOP_WITHIN_MS = 2000;
/** What other work on this machine may add, as nothing here is alone on its cores. */
const BUSY_MACHINE_MS = 1500;
/** Enough for a node to start, to be told, and to end a worker. */
const RETURN_WITHIN_MS = 30_000;

const document = {
  Type: "batch",
  Deal: { Concurrency: 2 },
  Tasks: [{ Engine: { Type: "noop", Params: { DurationMs: 600_000 } } }],
};

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster(2);
});
afterAll(() => cluster.stop());

test("a job that is stopped ends within 2 s on the node that is there, and on the other once it is back", async () => {
  const [here, gone] = cluster.compute as [Cluster["compute"][0], Cluster["compute"][0]];
  const { api } = cluster.requester;
  const jobId = String((await submit(api.url, document)).body.JobID);
  await runningOn(api, jobId, 2);
  await gone.kill();

  await api.jobs.stop(jobId, { reason: "enough" });
  const stoppedWithin = STOP_WITHIN_MS + BUSY_MACHINE_MS;
  expect(await heldCapacity({ ...cluster, compute: [here] }, stoppedWithin)).toEqual([]);

  gone.start();
  await gone.ready();
  expect(await heldCapacity({ ...cluster, compute: [gone] }, RETURN_WITHIN_MS)).toEqual([]);
  const { Job, Executions } = await waitForEnd(api.url, jobId);
  expect(Job.State).toMatchObject({ StateType: "Stopped" });
  expect(Executions!.Items.map(stateOf)).toEqual(["cancelled", "cancelled"]);
});
