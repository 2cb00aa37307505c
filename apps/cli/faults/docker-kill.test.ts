import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { submit, waitForEnd } from "../e2e/jobs.ts";
import { busyboxImage, dockerEngine } from "@gadus/executor/docker-fixture";
import { stateOf } from "@gadus/client";
import { fetchResult } from "./check-jobs.ts";
import { type Cluster, startCluster } from "./cluster.ts";

const CONTAINERS = 10;
const LINES = 20;
/** So long that no execution is given up while its node starts again. */
const SUSPECT_AFTER_MS = 60_000;

const docker = await dockerEngine();
const image = docker && (await busyboxImage(docker));

describe.skipIf(image === undefined)("containers of a node that is killed (needs Docker)", () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await startCluster(1, { suspectAfterMs: SUSPECT_AFTER_MS });
  });
  afterAll(() => cluster.stop());

  test(`${CONTAINERS} that run when their node is killed end right once it is started again, and none is run twice`, async () => {
    const [node] = cluster.compute;
    if (node === undefined || docker === undefined) throw new Error("There is no compute node");
    const command = `i=0; while [ $i -lt ${LINES} ]; do i=$((i+1)); echo line $i; sleep 0.5; done`;
    const { body } = await submit(cluster.requester.api.url, {
      Type: "batch",
      Count: CONTAINERS,
      Deal: { Concurrency: 1 },
      Tasks: [
        {
          Engine: { Type: "docker", Params: { Image: image, Parameters: ["sh", "-c", command] } },
          Resources: { CPU: "100m", Memory: "32Mb" },
          Timeouts: { QueueTimeout: 120 },
        },
      ],
    });
    const jobId = String(body.JobID);
    const own = { filters: { label: [`gadus.node=${node.nodeId}`] } };
    await expect
      .poll(async () => (await docker.listContainers(own)).length, { timeout: 60_000 })
      .toBe(CONTAINERS);
    const before = (await docker.listContainers(own)).map(({ Id }) => Id).toSorted();
    await node.kill();
    node.start();
    await node.ready();
    const view = await waitForEnd(cluster.requester.api.url, jobId);
    expect(view.Job.State).toMatchObject({ StateType: "Completed" });
    expect(before).toHaveLength(CONTAINERS);
    const executions = view.Executions?.Items ?? [];
    expect(executions.map(stateOf)).toEqual(Array.from({ length: CONTAINERS }, () => "published"));
    const stdout = Array.from({ length: LINES }, (_, index) => `line ${index + 1}\n`).join("");
    expect(await fetchResult(cluster.requester.api, view)).toEqual({ exitCode: "0", stderr: "", stdout });
    await expect
      .poll(async () => docker.listContainers({ all: true, ...own }), { timeout: 10_000 })
      .toEqual([]);
    expect(cluster.crashes).toEqual([]);
  });
});
