import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { busyboxImage, dockerEngine } from "@gadus/executor/docker-fixture";
import { startRegistry, type TestRegistry } from "@gadus/executor/registry-fixture";
import { createClient, stateOf } from "@gadus/client";
import { type DevnetReady, gadus, type Running, startDevnet, succeeded } from "./gadus.ts";
import { runToEnd, submit, waitForEnd } from "./jobs.ts";

/** Jobs that three nodes run each, and jobs after which nothing may be left. */
const JOBS = Number(process.env.GADUS_E2E_DOCKER_JOBS ?? 3);
const MANY = Number(process.env.GADUS_E2E_DOCKER_MANY ?? 12);
const AT_ONCE = 8;

const docker = await dockerEngine();
const image = docker && (await busyboxImage(docker));
const registry = image === undefined ? undefined : await startRegistry();
const folder = mkdtempSync(join(tmpdir(), "gadus-e2e-docker-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function containerJob(command: string, more: object = {}, moreOfTask: object = {}): Record<string, unknown> {
  return {
    Type: "batch",
    ...more,
    Tasks: [
      {
        Engine: { Type: "docker", Params: { Image: image, Parameters: ["sh", "-c", command] } },
        Resources: { CPU: "200m", Memory: "32Mb" },
        Timeouts: { QueueTimeout: 120 },
        ...moreOfTask,
      },
    ],
  };
}

describe.skipIf(docker === undefined || image === undefined)(
  "containers on a network of five nodes (needs Docker)",
  () => {
    let net: Running<DevnetReady>;
    beforeAll(async () => {
      net = await startDevnet("--compute", "5", "--data-dir", join(folder, "net"));
    });
    afterAll(() => net.end());

    async function expectNothingLeft(): Promise<void> {
      for (const { nodeId } of net.ready.nodes) {
        const own = { filters: { label: [`gadus.node=${nodeId}`] } };
        await expect
          .poll(async () => docker?.listContainers({ all: true, ...own }), { timeout: 20_000 })
          .toEqual([]);
        expect(await docker?.listNetworks(own)).toEqual([]);
        expect((await docker?.listVolumes(own))?.Volumes ?? []).toEqual([]);
      }
      for (const name of readdirSync(join(folder, "net")).filter((each) => each.startsWith("compute-"))) {
        for (const place of ["docker", "scratch"])
          await expect
            .poll(() => readdirSync(join(folder, "net", name, "data", place)), { timeout: 20_000 })
            .toEqual([]);
      }
    }

    test("gadus docker run reads a CID at /file.txt, and job get has apples/file.txt", async () => {
      const { api } = net.ready;
      const file = join(folder, "file.txt");
      writeFileSync(file, "an apple a day\n");
      const cid = succeeded(await gadus(["add", file, "--quiet"], { api })).stdout.trim();
      const command = "cat /file.txt > /output_folder/file.txt";
      const run = [
        "docker",
        "run",
        "--quiet",
        "-i",
        `ipfs://${cid}:/file.txt`,
        "-o",
        "apples:/output_folder",
      ];
      const { stdout } = succeeded(await gadus([...run, String(image), "--", "sh", "-c", command], { api }));
      const results = join(folder, "results");
      succeeded(await gadus(["job", "get", stdout.trim(), "-o", results], { api }));
      expect(readFileSync(join(results, "apples", "file.txt"), "utf8")).toBe("an apple a day\n");
      expect(readFileSync(join(results, "exitCode"), "utf8")).toBe("0");
    });

    test(`${JOBS} jobs are run by three nodes each, agree and are published`, {
      timeout: 60_000 + JOBS * 20_000,
    }, async () => {
      for (let index = 0; index < JOBS; index += 1) {
        const document = containerJob(
          `echo job ${index}; echo $GADUS_PARTITION_INDEX > /out/p`,
          { Deal: { Concurrency: 3 } },
          {
            ResultPaths: [{ Name: "out", Path: "/out" }],
          },
        );
        const { Job, Executions } = await runToEnd(net.ready.api, document);
        expect(Job.State).toMatchObject({ StateType: "Completed" });
        const published = (Executions?.Items ?? []).filter((each) => stateOf(each) === "published");
        expect(published).toHaveLength(3);
        expect(new Set(published.map(({ PublishedResult }) => PublishedResult?.Params?.CID)).size).toBe(1);
        expect(published[0]?.ComputeState.Details).toMatchObject({ Image: image });
      }
    });

    test("a job whose containers differ fails, and says that nobody agrees", async () => {
      const document = containerJob(
        "cat /proc/sys/kernel/random/uuid",
        { Deal: { Concurrency: 3 } },
        { Timeouts: { QueueTimeout: 1 } },
      );
      const { Job } = await runToEnd(net.ready.api, document);
      expect(Job.State).toMatchObject({ StateType: "Failed" });
    });

    test("a job that runs out of memory fails and says so; one with another exit code completes", async () => {
      const bomb = await runToEnd(net.ready.api, containerJob("exec busybox tail /dev/zero"));
      expect(bomb.Job.State).toMatchObject({
        StateType: "Failed",
        Message: expect.stringMatching(/out of memory/) as string,
      });
      const three = await runToEnd(net.ready.api, containerJob("exit 3"));
      expect(three.Job.State).toMatchObject({ StateType: "Completed" });
    });

    test("an image that is nowhere fails its job with what the registry says", async () => {
      const document = containerJob(
        "true",
        {},
        {
          Engine: { Type: "docker", Params: { Image: "127.0.0.1:9/no/such:1" } },
          Timeouts: { QueueTimeout: 1 },
        },
      );
      const { Job } = await runToEnd(net.ready.api, document);
      expect(Job.State).toMatchObject({
        StateType: "Failed",
        Message: expect.stringMatching(/127\.0\.0\.1:9/) as string,
      });
    });

    test("a job that is stopped in the middle leaves nothing", async () => {
      const { body } = await submit(net.ready.api, containerJob("sleep 1000", { Deal: { Concurrency: 3 } }));
      const jobId = String(body.JobID);
      const running = async (): Promise<number> =>
        (await docker?.listContainers({ filters: { label: [`gadus.job=${jobId}`] } }))?.length ?? 0;
      await expect.poll(running, { timeout: 60_000 }).toBe(3);
      succeeded(await gadus(["job", "stop", jobId], { api: net.ready.api }));
      await expect.poll(running, { timeout: 20_000 }).toBe(0);
    });

    test(`after ${MANY} jobs, ${AT_ONCE} at one time, no container, network, volume or file is left`, {
      timeout: 60_000 + MANY * 10_000,
    }, async () => {
      const pending = Array.from({ length: MANY }, (_, index) => index).values();
      const work = async (): Promise<void> => {
        for (const index of pending) {
          const { body } = await submit(
            net.ready.api,
            containerJob(
              `echo ${index} > /o/f`,
              {},
              {
                ResultPaths: [{ Name: "o", Path: "/o" }],
              },
            ),
          );
          const { Job } = await waitForEnd(net.ready.api, String(body.JobID));
          expect(Job.State).toMatchObject({ StateType: "Completed" });
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, work));
      await expectNothingLeft();
    });
  },
);

describe.skipIf(registry === undefined)("images of a registry (needs Docker)", () => {
  const serving = registry as TestRegistry;
  let net: Running<DevnetReady>;
  beforeAll(async () => {
    net = await startDevnet("--compute", "3", "--registry", serving.host);
  });
  afterAll(async () => {
    await net.end();
    await serving.stop();
  });

  test("a tag is fixed by the requester, pulled by who runs it, with progress in the history, and its digest recorded", async () => {
    if (docker === undefined || image === undefined) return;
    const reference = await serving.push(docker, image, "team/busybox:1");
    const { Job, Executions } = await runToEnd(net.ready.api, {
      Type: "batch",
      Deal: { Concurrency: 3 },
      Tasks: [
        { Engine: { Type: "docker", Params: { Image: reference, Parameters: ["sh", "-c", "echo pulled"] } } },
      ],
    });
    expect(Job.State).toMatchObject({ StateType: "Completed", Message: "" });
    const digest = new RegExp(`^${serving.host}/team/busybox@sha256:[0-9a-f]{64}$`);
    for (const { ComputeState } of (Executions?.Items ?? []).filter((each) => stateOf(each) === "published"))
      expect(ComputeState.Details).toMatchObject({ Image: expect.stringMatching(digest) as string });
    const { Items } = await createClient({ url: net.ready.api }).jobs.history(String(Job.ID), { limit: 500 });
    const told = Items.filter(({ Event }) => Event.Topic === "execution/progress").map(
      ({ Event }) => Event.Message,
    );
    expect(told.join("\n")).toMatch(/Pulling image .*team\/busybox@sha256:/);
    await docker
      .getImage(String(Executions?.Items[0]?.ComputeState.Details?.["Image"]))
      .remove({ force: true })
      .catch(() => {});
  });
});
