import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { startTestApi, type TestApi } from "./test-api.ts";

const JOB = { Name: "again", Tasks: [{ Name: "main", Engine: { Type: "noop", Params: { Stdout: "x" } } }] };
const JOBS = "/api/v1/orchestrator/jobs";

let api: TestApi;
beforeEach(async () => {
  api = await startTestApi();
});
afterEach(() => api.stop());

interface Answer {
  readonly JobID: string;
  readonly NextToken: string;
  readonly Items: readonly { readonly JobVersion: number; readonly Event: { readonly Topic: string } }[];
}

async function call(method: "GET" | "PUT" | "POST", url: string, payload?: object) {
  const response = await api.server.app.inject({ method, url, ...(payload && { payload }) });
  return { status: response.statusCode, body: response.json<Answer>() };
}

describe("PUT /orchestrator/jobs of a name that is there", () => {
  test("updates the job, keeps what was, and says so by version", async () => {
    const { JobID } = (await call("PUT", JOBS, { Job: JOB })).body;
    const update = await call("PUT", JOBS, { Job: { ...JOB, Priority: 3 } });
    expect(update).toEqual({
      status: 200,
      body: { JobID, EvaluationID: expect.stringMatching(/^v-/), Warnings: [] },
    });

    const url = `${JOBS}/${JobID}`;
    expect((await call("GET", url)).body).toMatchObject({
      Job: { ID: JobID, Version: 2, Priority: 3, State: { StateType: expect.any(String) } },
    });
    const former = {
      ...JOB,
      ID: JobID,
      Namespace: "default",
      Type: "batch",
      Priority: 0,
      Count: 1,
      Constraints: [],
      Meta: {},
      Labels: {},
      State: {
        StateType: "Stopped",
        Message: "Version 2 of the job took its place",
        Details: {},
      },
      Version: 1,
      Revision: expect.any(Number),
      CreateTime: expect.any(Number),
      ModifyTime: expect.any(Number),
    };
    expect((await call("GET", `${url}?job_version=1`)).body).toEqual({ Job: former });
    expect((await call("GET", `${url}/versions`)).body).toEqual({
      Items: [former, expect.objectContaining({ Version: 2, Priority: 3 })],
      NextToken: "",
    });
    expect((await call("GET", `${url}/executions?job_version=1`)).body).toEqual({ Items: [], NextToken: "" });
    expect((await call("GET", `${url}/results?job_version=1`)).body).toEqual({ Items: [], NextToken: "" });
    expect((await call("GET", `${url}?job_version=3`)).status).toBe(404);
  });

  test("has the history of the latest version, of one, or of all", async () => {
    const { JobID } = (await call("PUT", JOBS, { Job: JOB })).body;
    await call("PUT", JOBS, { Job: { ...JOB, Priority: 3 } });
    const history = async (query: string) => (await call("GET", `${JOBS}/${JobID}/history?${query}`)).body;
    const versions = ({ Items }: Answer) => [...new Set(Items.map(({ JobVersion }) => JobVersion))];
    const latest = await history("");
    expect(versions(latest)).toEqual([2]);
    expect(latest.Items[0]?.Event.Topic).toBe("job/updated");
    expect(latest.NextToken).not.toBe("");
    const former = await history("job_version=1");
    expect(versions(former)).toEqual([1]);
    expect(former.NextToken).toBe("");
    const all = await history("all_job_versions=true");
    expect(versions(all)).toEqual([1, 2]);
    expect(all.NextToken).not.toBe("");
  });

  test("answers 409 where nothing changes, unless it is forced", async () => {
    const { JobID } = (await call("PUT", JOBS, { Job: JOB })).body;
    const refused = await call("POST", JOBS, { Job: JOB, Force: false });
    expect(refused).toEqual({
      status: 409,
      body: {
        Status: 409,
        Message: `Cannot update job "again": it says what version 1 of job ${JobID} says, which has this name in namespace "default"`,
        RequestID: expect.any(String),
        Code: "requester/unchanged",
        Component: "requester",
        Hint: "Change the document, or send Force: true to run it again as a new version.",
        Details: { Field: "Job.Name" },
      },
    });
    const forced = await call("POST", JOBS, { job: JOB, force: true });
    expect(forced.status).toBe(200);
    expect(forced.body.JobID).toBe(JobID);
  });

  test("takes what GET gave as no change", async () => {
    const { JobID } = (await call("PUT", JOBS, { Job: JOB })).body;
    const { body } = await call("GET", `${JOBS}/${JobID}`);
    expect((await call("PUT", JOBS, body)).status).toBe(409);
  });
});

describe("PUT /orchestrator/jobs/:id/rerun", () => {
  test("begins a version with the same document, of a job that runs or is over", async () => {
    const { JobID } = (await call("PUT", JOBS, { Job: { ...JOB, Name: "" } })).body;
    const answer = (JobVersion: number) => ({
      status: 200,
      body: { JobID, JobVersion, EvaluationID: expect.stringMatching(/^v-/), Warnings: [] },
    });
    expect(await call("PUT", `${JOBS}/${JobID}/rerun`, { Reason: "once more" })).toEqual(answer(2));
    await api.requester.stopJob(JobID, "enough");
    expect(await call("PUT", `${JOBS}/${JobID}/rerun`, { JobVersion: 1, Reason: "" })).toEqual(answer(3));
    expect(await call("PUT", `${JOBS}/${JobID}/rerun`)).toEqual(answer(4));
    const { body } = await call("GET", `${JOBS}/${JobID}/history?job_version=2`);
    expect(body.Items[0]).toMatchObject({
      Type: "JobLevel",
      Event: { Topic: "job/rerun", Message: "Run again as version 1 was: once more" },
    });
  });

  test.each([
    [{ JobVersion: 7 }, 404, "requester/unknown-version"],
    [{ JobVersion: "x" }, 400, "node/invalid-request"],
  ])("answers %j with %i", async (payload, status, Code) => {
    const { JobID } = (await call("PUT", JOBS, { Job: JOB })).body;
    const refused = await call("PUT", `${JOBS}/${JobID}/rerun`, payload);
    expect(refused).toMatchObject({ status, body: { Code } });
    expect(await call("PUT", `${JOBS}/j-unknown/rerun`, {})).toMatchObject({ status: 404 });
  });
});

test("PUT /orchestrator/jobs/diff tells what an update would change, and makes none", async () => {
  const { JobID } = (await call("PUT", JOBS, { Job: JOB })).body;
  const diff = await call("PUT", `${JOBS}/diff`, { Job: { ...JOB, Priority: 3, Colour: "red" } });
  expect(diff).toEqual({
    status: 200,
    body: { Diff: "-Priority: 0\n+Priority: 3\n", Warnings: [expect.stringContaining("Colour")] },
  });
  expect(await call("PUT", `${JOBS}/diff`, { Job: JOB })).toMatchObject({ body: { Diff: "" } });
  expect(await call("PUT", `${JOBS}/diff`, {})).toMatchObject({ status: 400 });
  expect(await call("PUT", `${JOBS}/diff`, { Job: {} })).toMatchObject({ status: 400 });
  expect((await call("GET", `${JOBS}/${JobID}`)).body).toMatchObject({ Job: { Version: 1 } });
});
