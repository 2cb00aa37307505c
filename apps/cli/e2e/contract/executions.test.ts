import { describe, expect, test } from "vitest";
import { executionsOf, JOBS, noop, run, submit, untilOver, untilState } from "./contract-jobs.ts";
import { CID, EXECUTION_ID, get, NANOSECONDS, NODE_ID, send } from "./raw-http.ts";

/** What every execution of a job of one partition has, whatever came of it. */
const common = (jobId: string): object => ({
  ID: EXECUTION_ID,
  Namespace: "default",
  EvalID: "",
  Name: `${jobId}.0`,
  NodeID: NODE_ID,
  JobID: jobId,
  JobVersion: 1,
  AllocatedResources: { Tasks: { main: { CPU: 0.25, Memory: 2 ** 20, Disk: 2 ** 21, GPU: 0 } } },
  RunOutput: null,
  PreviousExecution: "",
  NextExecution: "",
  PartitionIndex: 0,
  Revision: expect.any(Number),
  CreateTime: NANOSECONDS,
  ModifyTime: NANOSECONDS,
});
const RESOURCES = { Resources: { CPU: "250m", Memory: "1Mi", Disk: "2Mi" } };

describe("GET /orchestrator/jobs/:id/executions", () => {
  test("answers {Items, NextToken}, each execution with all of its keys and integers for its states", async () => {
    const jobId = await run(noop({ Stdout: "hello\n" }, {}, RESOURCES));
    const published = {
      ...common(jobId),
      RunOutput: {
        Stdout: "hello\n",
        StdoutTruncated: false,
        stderr: "",
        StderrTruncated: false,
        ExitCode: 0,
        ErrorMsg: "",
      },
      DesiredState: { StateType: 2, Message: "" },
      ComputeState: {
        StateType: 9,
        Message: "",
        Details: {
          State: "published",
          Verdict: "verified",
          Reason: "1 of 1 proposals agrees, 1 is needed",
          Digest: expect.stringMatching(/^h1:[A-Za-z0-9+/]{43}=$/),
          CID,
          SizeBytes: "7",
          Retrievable: "true",
        },
      },
      PublishedResult: { Type: "ipfs", Params: { CID } },
    };
    const rejected = {
      ...common(jobId),
      DesiredState: { StateType: 2, Message: "" },
      ComputeState: { StateType: 8, Message: "", Details: { State: "rejected" } },
      PublishedResult: { Type: "", Params: {} },
    };
    const answer = (await get(`${JOBS}/${jobId}/executions`)) as {
      Items: { ComputeState: { StateType: number } }[];
    };
    expect({ ...answer, Items: undefined }).toEqual({ NextToken: "" });
    const byState = answer.Items.toSorted((a, b) => b.ComputeState.StateType - a.ComputeState.StateType);
    expect(byState).toEqual([published, ...byState.slice(1).map(() => rejected)]);
    expect(byState.length).toBeGreaterThan(1);
  });

  test("resources are numbers: cores, bytes and devices", async () => {
    const jobId = await run(noop({}, {}, { Resources: { CPU: "1500m", Memory: "64Mb", Disk: "1Gi" } }));
    expect(await get(`${JOBS}/${jobId}/executions?limit=1`)).toMatchObject({
      Items: [
        { AllocatedResources: { Tasks: { main: { CPU: 1.5, Memory: 2 ** 26, Disk: 2 ** 30, GPU: 0 } } } },
      ],
    });
  });

  test("a running execution is 6, and is wanted to run: 1", async () => {
    const jobId = await submit(noop({ DurationMs: 600_000 }, {}, RESOURCES));
    const running = await untilState(jobId, 6);
    expect(running).toEqual({
      ...common(jobId),
      DesiredState: { StateType: 1, Message: "" },
      ComputeState: { StateType: 6, Message: "", Details: { State: "running" } },
      PublishedResult: { Type: "", Params: {} },
    });
    expect(await get(`${JOBS}/${jobId}`)).toMatchObject({ Job: { State: { StateType: "Running" } } });
    await send("DELETE", `${JOBS}/${jobId}`, { body: { reason: "enough" } });
    await untilOver(jobId);
    const cancelled = (await executionsOf(jobId)).find(({ ID }) => ID === running.ID);
    expect(cancelled).toMatchObject({
      DesiredState: { StateType: 2 },
      ComputeState: { StateType: 11, Details: { State: "cancelled" } },
    });
  });

  test("what nothing can run waits as Queued, and says what for", async () => {
    const constraint = { Key: "no-node-has-this", Operator: "exists" };
    const jobId = await submit(noop({}, { Constraints: [constraint] }, { Timeouts: { QueueTimeout: 600 } }));
    await expect
      .poll(async () => ((await get(`${JOBS}/${jobId}`)) as { Job: { State: object } }).Job.State)
      .toMatchObject({ StateType: "Queued", Message: expect.stringMatching(/./) });
    await send("DELETE", `${JOBS}/${jobId}`);
  });

  test("pages by limit and next_token, in the order of order_by, or the other way round", async () => {
    const jobId = await run(noop({}, { Count: 3 }));
    const all = (await executionsOf(jobId)).map(({ ID }) => ID);
    expect(all.length).toBeGreaterThanOrEqual(3);
    const read: string[] = [];
    let token = "";
    do {
      const page = (await get(`${JOBS}/${jobId}/executions?limit=2&next_token=${token}`)) as {
        Items: { ID: string }[];
        NextToken: string;
      };
      expect(page.Items.length).toBeLessThanOrEqual(2);
      read.push(...page.Items.map(({ ID }) => ID));
      token = page.NextToken;
    } while (token !== "");
    expect(read).toEqual(all);
    const ids = async (query: string) =>
      ((await get(`${JOBS}/${jobId}/executions?${query}`)) as { Items: { ID: string }[] }).Items.map(
        ({ ID }) => ID,
      );
    expect(await ids("order_by=created_at&reverse=true")).toEqual(all.toReversed());
    expect((await ids("order_by=modified_at")).toSorted()).toEqual(all.toSorted());
    expect(await ids("order_by=create_time")).toEqual(all);
    expect(await ids("order_by=modify_time")).toEqual(await ids("order_by=modified_at"));
    const refused = await send("GET", `${JOBS}/${jobId}/executions?next_token=tampered`);
    expect([refused.status, refused.body]).toEqual([
      400,
      expect.objectContaining({ Code: "requester/invalid-token", Details: { Field: "next_token" } }),
    ]);
  });

  test("job_version lists one version's, absent is the latest, and all_job_versions lists all", async () => {
    const jobId = await run(noop());
    await send("PUT", `${JOBS}/${jobId}/rerun`);
    await untilOver(jobId);
    const versions = async (query: string) => {
      const { Items } = (await get(`${JOBS}/${jobId}/executions?${query}`)) as {
        Items: { JobVersion: number }[];
      };
      return [...new Set(Items.map(({ JobVersion }) => JobVersion))].toSorted((a, b) => a - b);
    };
    expect(await versions("")).toEqual([2]);
    expect(await versions("job_version=0")).toEqual([2]);
    expect(await versions("job_version=1")).toEqual([1]);
    expect(await versions("all_job_versions=true")).toEqual([1, 2]);
    expect(await versions("all_job_versions=true&job_version=1")).toEqual([1]);
  });

  test("Count: N runs each partition, and each execution says which is its own", async () => {
    const jobId = await run(noop({}, { Count: 3 }));
    const answer = (await get(`${JOBS}/${jobId}/executions`)) as {
      Items: { PartitionIndex: number; ComputeState: { StateType: number } }[];
    };
    const completed = answer.Items.filter(({ ComputeState }) => ComputeState.StateType === 9);
    expect(completed.map(({ PartitionIndex }) => PartitionIndex).toSorted((a, b) => a - b)).toEqual([
      0, 1, 2,
    ]);
  });

  test("Deal.Concurrency runs a partition on that many nodes, and so does Meta where Deal says nothing", async () => {
    const published = async (more: object): Promise<number> => {
      const jobId = await run(noop({}, more));
      return (await executionsOf(jobId)).filter(({ ComputeState }) => ComputeState.StateType === 9).length;
    };
    const proposed = async (more: object): Promise<number> => {
      const jobId = await run(noop({}, more));
      return (await executionsOf(jobId)).filter(({ ComputeState }) => "CID" in ComputeState.Details).length;
    };
    expect(await proposed({ Deal: { Concurrency: 3, Confidence: 3 } })).toBe(3);
    expect(
      await proposed({ Meta: { "gadus/concurrency": "2", "gadus/min-bids": "2", "gadus/confidence": "2" } }),
    ).toBe(2);
    expect(
      await proposed({ Deal: { Concurrency: 3, Confidence: 3 }, Meta: { "gadus/concurrency": "2" } }),
    ).toBe(3);
    expect(await published({ Meta: { "gadus/verifier": "none" } })).toBe(1);
  });

  test("a Meta key that is no number is refused by name", async () => {
    const job = noop({}, { Meta: { "gadus/concurrency": "many" } });
    const { status, body } = await send("PUT", JOBS, { body: { Job: job } });
    expect([status, body]).toEqual([
      400,
      expect.objectContaining({
        Message: 'Cannot take Meta["gadus/concurrency"]: "many" is not a whole number',
        Details: { Field: 'Meta["gadus/concurrency"]' },
      }),
    ]);
  });
});

describe("a non-zero exit code", () => {
  test("is a completed execution and a completed job", async () => {
    const jobId = await run(noop({ Stdout: "oh\n", ExitCode: 3 }));
    expect(await get(`${JOBS}/${jobId}`)).toMatchObject({
      Job: { State: { StateType: "Completed", Message: "", Details: {} } },
    });
    const published = (await executionsOf(jobId)).find(({ ComputeState }) => ComputeState.StateType === 9);
    expect(published).toMatchObject({ RunOutput: { Stdout: "oh\n", ExitCode: 3, ErrorMsg: "" } });
    const file = await send("GET", `${JOBS}/${jobId}/results/download.tar.gz?path=exitCode`);
    expect([file.status, file.text]).toEqual([200, "3"]);
  });

  test("what keeps a job from running fails it, with the reason: a time-out", async () => {
    const jobId = await run(
      noop({ DurationMs: 600_000 }, {}, { Timeouts: { ExecutionTimeout: 1, TotalTimeout: 60 } }),
    );
    expect(await get(`${JOBS}/${jobId}`)).toMatchObject({
      Job: {
        State: {
          StateType: "Failed",
          Message: expect.stringMatching(/./),
          Details: { Code: expect.stringMatching(/^\w+\/[\w-]+$/) },
        },
      },
    });
    const failed = (await executionsOf(jobId)).find(({ ComputeState }) => ComputeState.StateType === 10);
    expect(failed?.ComputeState).toMatchObject({
      StateType: 10,
      Message: expect.stringMatching(/./),
      Details: {
        State: "failed",
        Code: expect.stringMatching(/^\w+\/[\w-]+$/),
        Blame: expect.stringMatching(/^(job|node|nobody)$/),
      },
    });
  });
});
