import { busyboxImage, dockerEngine } from "@gadus/executor/docker-fixture";
import { describe, expect, test } from "vitest";
import { JOBS } from "./contract-jobs.ts";
import { commandDocument, GoCommand } from "./go-command.ts";
import { send } from "./raw-http.ts";

const docker = await dockerEngine();
const image = docker && (await busyboxImage(docker));
const bacalhau = new GoCommand();

/** What `docker run -e … -w … -o … IMAGE command` submits. */
const dockerRun = (...command: readonly string[]): object =>
  commandDocument(
    {
      Type: "docker",
      Params: {
        Image: image,
        Entrypoint: null,
        Parameters: command,
        EnvironmentVariables: ["FRUIT=apple"],
        WorkingDirectory: "/tmp",
      },
    },
    {},
    {
      ResultPaths: [{ Name: "outputs", Path: "/outputs" }],
      Resources: { CPU: "200m", Memory: "32Mb" },
      Network: { Type: "None" },
      Timeouts: { QueueTimeout: 120 },
    },
  );

describe.skipIf(docker === undefined || image === undefined)("Bacalhau's docker run (needs Docker)", () => {
  test("runs the image, with the environment, working directory and result paths that it names", async () => {
    const script =
      'echo "$FRUIT in $PWD"; echo "$BACALHAU_JOB_ID $GADUS_PARTITION_INDEX/$BACALHAU_PARTITION_COUNT"; echo oh >&2; echo kept > /outputs/file.txt; exit 3';
    const jobId = await bacalhau.submit(dockerRun("sh", "-c", script));
    const { job } = await bacalhau.followProgress(jobId);
    expect(job["State"]).toMatchObject({ StateType: "Completed" });
    const file = async (path: string): Promise<string> =>
      (await send("GET", `${JOBS}/${jobId}/results/download.tar.gz?path=${path}`)).text;
    expect(await file("stdout")).toBe(`apple in /tmp\n${jobId} 0/1\n`);
    expect(await file("stderr")).toBe("oh\n");
    expect(await file("exitCode")).toBe("3");
    expect(await file("outputs/file.txt")).toBe("kept\n");
  });

  test("--follow prints both outputs as they come, and ends with the job", async () => {
    const jobId = await bacalhau.submit(dockerRun("sh", "-c", "echo out; echo err >&2"));
    const logs = await bacalhau.followLogs(jobId);
    const frames = await logs.rest();
    expect(frames).toHaveLength(2);
    expect(frames).toEqual(
      expect.arrayContaining([{ value: { Type: 1, Line: "out\n" } }, { value: { Type: 2, Line: "err\n" } }]),
    );
    expect(await logs.closed).toEqual({ code: 1000, reason: "" });
    await bacalhau.followProgress(jobId);
  });

  test("an image that isn't there fails the job, with the reason", async () => {
    const engine = { Type: "docker", Params: { Image: "no-such-image:1", Parameters: ["true"] } };
    const never = { Timeouts: { QueueTimeout: 1, TotalTimeout: 20 } };
    const submitted = bacalhau.submit(commandDocument(engine, {}, never));
    const reason = await submitted.then(
      async (jobId) =>
        String(((await bacalhau.followProgress(jobId)).job["State"] as { Message: string }).Message),
      (error: unknown) => String(error),
    );
    expect(reason).toContain("no-such-image:1");
  });
});
