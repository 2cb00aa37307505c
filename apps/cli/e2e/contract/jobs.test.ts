import { gunzipSync } from "node:zlib";
import { describe, expect, inject, test } from "vitest";
import {
  executionsOf,
  JOBS,
  noop,
  ownNamespace,
  run,
  shown,
  submit,
  untilOver,
  untilState,
} from "./contract-jobs.ts";
import { CID, EVALUATION_ID, get, JOB_ID, REQUEST_ID, send } from "./raw-http.ts";

const put = (job: object, more: object = {}) => send("PUT", JOBS, { body: { Job: job, ...more } });

describe("GET /orchestrator/jobs/:idOrName", () => {
  test("answers {Job} alone, unless more is asked for", async () => {
    const job = noop({ Stdout: "alone" });
    const jobId = await run(job);
    expect(await get(`${JOBS}/${jobId}`)).toEqual({ Job: shown(job, { ID: jobId, Name: jobId }) });
  });

  test("finds a job by its id, a unique beginning of the id, or its name", async () => {
    const name = ownNamespace();
    const jobId = await submit(noop({}, { Name: name }));
    for (const key of [jobId, jobId.slice(0, 14), name])
      expect(await get(`${JOBS}/${key}`)).toMatchObject({ Job: { ID: jobId, Name: name } });
  });

  test("answers 404 to what no job has, and 400 to a beginning of several", async () => {
    const unknown = await send("GET", `${JOBS}/j-none`);
    expect([unknown.status, unknown.body]).toEqual([
      404,
      {
        Status: 404,
        Message: 'Cannot find job "j-none": no job has this id or name',
        RequestID: REQUEST_ID,
        Code: "requester/unknown-job",
        Component: "requester",
        Hint: "List the jobs to see what there is.",
      },
    ]);
    await submit(noop());
    await submit(noop());
    const ambiguous = await send("GET", `${JOBS}/j-`);
    expect([ambiguous.status, ambiguous.body]).toEqual([
      400,
      expect.objectContaining({ Status: 400, Code: "requester/ambiguous-id" }),
    ]);
  });

  test.each([
    ["include=executions", ["Executions", "Job"]],
    ["include=history", ["History", "Job"]],
    ["include=executions,history", ["Executions", "History", "Job"]],
    ["include=history&include=executions", ["Executions", "History", "Job"]],
    ["include=", ["Job"]],
  ])("%s answers %j", async (query, keys) => {
    const jobId = await run(noop());
    const answer = (await get(`${JOBS}/${jobId}?${query}`)) as Record<string, unknown>;
    expect(Object.keys(answer).toSorted()).toEqual(keys);
    for (const key of keys.filter((each) => each !== "Job"))
      expect(answer[key]).toEqual(await get(`${JOBS}/${jobId}/${key.toLowerCase()}`));
  });

  test("limit is that of what is included", async () => {
    const jobId = await run(noop());
    const answer = await get(`${JOBS}/${jobId}?include=executions,history&limit=1`);
    expect(answer).toMatchObject({
      Executions: { Items: [{ JobID: jobId }], NextToken: expect.stringMatching(/./) },
      History: { Items: [{ JobID: jobId }], NextToken: expect.stringMatching(/./) },
    });
  });
});

describe("a job of the same Name and Namespace", () => {
  test("is an update, with a Version one higher, and refused where nothing changed unless Force", async () => {
    const name = ownNamespace();
    const job = { Name: name, ...noop() };
    const jobId = await run(job);
    const again = await put(job);
    expect([again.status, again.body]).toEqual([
      409,
      {
        Status: 409,
        Message: `Cannot update job "${name}": it says what version 1 of job ${jobId} says, which has this name in namespace "default"`,
        RequestID: REQUEST_ID,
        Code: "requester/unchanged",
        Component: "requester",
        Hint: "Change the document, or send Force: true to run it again as a new version.",
        Details: { Field: "Job.Name" },
      },
    ]);
    const forced = await put(job, { Force: true });
    expect([forced.status, forced.body]).toEqual([
      200,
      { JobID: jobId, EvaluationID: EVALUATION_ID, Warnings: [] },
    ]);
    const changed = await put({ ...job, Priority: 5 });
    expect(changed.status).toBe(200);
    await untilOver(jobId);
    expect(await get(`${JOBS}/${name}`)).toMatchObject({ Job: { ID: jobId, Version: 3, Priority: 5 } });
    expect(await get(`${JOBS}/${name}?job_version=1`)).toEqual({ Job: shown(job, { ID: jobId }) });
    expect(await get(`${JOBS}/${jobId}/versions`)).toEqual({
      Items: [1, 2, 3].map((version) =>
        shown(job, {
          ID: jobId,
          Version: version,
          Priority: version === 3 ? 5 : 0,
          State: expect.anything(),
        }),
      ),
      NextToken: "",
    });
    const none = await send("GET", `${JOBS}/${name}?job_version=9`);
    expect([none.status, none.body]).toEqual([
      404,
      expect.objectContaining({ Code: "requester/unknown-version", Details: { Field: "job_version" } }),
    ]);
  });

  test("in another Namespace is another job", async () => {
    const name = ownNamespace();
    const first = await submit({ Name: name, ...noop() });
    const second = await submit({ Name: name, Namespace: name, ...noop() });
    expect(second).not.toBe(first);
  });
});

describe("PUT /orchestrator/jobs/diff", () => {
  test("answers {Diff, Warnings}: what submitting the document would change", async () => {
    const name = ownNamespace();
    const job = { Name: name, ...noop() };
    await submit(job);
    const diff = (changed: object) => send("PUT", `${JOBS}/diff`, { body: { Job: changed } });
    const same = await diff(job);
    expect([same.status, same.body]).toEqual([200, { Diff: "", Warnings: [] }]);
    const other = await diff({ ...job, Priority: 2, Colour: "red" });
    expect([other.status, other.body]).toEqual([
      200,
      {
        Diff: "-Priority: 0\n+Priority: 2\n",
        Warnings: ["Colour is not a field of a job document; it was ignored"],
      },
    ]);
  });
});

describe("PUT /orchestrator/jobs/:id/rerun", () => {
  test("answers {JobID, JobVersion, EvaluationID, Warnings}, and runs the version again as the next", async () => {
    const jobId = await run(noop());
    const rerun = await send("PUT", `${JOBS}/${jobId}/rerun`, {
      body: { JobVersion: 0, Reason: "once more" },
    });
    expect([rerun.status, rerun.body]).toEqual([
      200,
      { JobID: jobId, JobVersion: 2, EvaluationID: EVALUATION_ID, Warnings: [] },
    ]);
    await untilOver(jobId);
    const third = await send("PUT", `${JOBS}/${jobId}/rerun`, { body: { JobVersion: 1 } });
    expect(third.body).toMatchObject({ JobID: jobId, JobVersion: 3 });
    await untilOver(jobId);
    const none = await send("PUT", `${JOBS}/${jobId}/rerun`, { body: { JobVersion: 17 } });
    expect([none.status, none.body]).toEqual([
      404,
      expect.objectContaining({ Code: "requester/unknown-version" }),
    ]);
  });

  test("takes an empty body", async () => {
    const jobId = await run(noop());
    expect(await send("PUT", `${JOBS}/${jobId}/rerun`)).toMatchObject({
      status: 200,
      body: { JobVersion: 2 },
    });
  });
});

describe("DELETE /orchestrator/jobs/:id", () => {
  test.each([
    ["the body", "", { reason: "enough" }],
    ["the query", "?reason=enough", undefined],
    ["neither", "", undefined],
  ])("takes the reason from %s, and answers {EvaluationID}", async (_where, query, body) => {
    const jobId = await submit(noop({ DurationMs: 600_000 }));
    await untilState(jobId, 6);
    const stopped = await send("DELETE", `${JOBS}/${jobId}${query}`, body && { body });
    expect([stopped.status, stopped.body]).toEqual([200, { EvaluationID: EVALUATION_ID }]);
    await untilOver(jobId);
    const reason = query === "" && body === undefined ? "stopped by its owner" : "enough";
    expect(await get(`${JOBS}/${jobId}`)).toMatchObject({
      Job: { State: { StateType: "Stopped", Message: reason, Details: {} } },
    });
    const states = (await executionsOf(jobId)).map(({ ComputeState }) => ComputeState.StateType);
    expect(states).toContain(11);
    expect(states.every((state) => [4, 8, 11].includes(state))).toBe(true);
  });

  test("answers 404 to what no job has", async () => {
    const { status, body } = await send("DELETE", `${JOBS}/j-none`, { body: { reason: "x" } });
    expect([status, body]).toEqual([404, expect.objectContaining({ Code: "requester/unknown-job" })]);
  });
});

describe("GET /orchestrator/jobs/:id/results", () => {
  test("answers {Items: [{Type, Params}]}, an ipfs item with its CID, once for each place", async () => {
    const jobId = await run(noop({ Stdout: "same" }, { Count: 2 }));
    const answer = (await get(`${JOBS}/${jobId}/results`)) as { Items: unknown[] };
    expect(answer).toEqual({ Items: [{ Type: "ipfs", Params: { CID } }], NextToken: "" });
  });

  test("with X-Bacalhau-Git-Version an ipfs item is a urlDownload at the requester, which needs no credentials", async () => {
    const jobId = await run(noop({ Stdout: "passed on" }, { Count: 2 }));
    const path = `${JOBS}/${jobId}/results`;
    const headers = { "X-Bacalhau-Git-Version": "v1.7.0" };
    const { status, body } = await send("GET", path, { headers });
    const URL = expect.stringMatching(
      /^http:\/\/127\.0\.0\.1:\d+\/results\/baf[a-z2-7]{56}\.[\w-]{43}\.tar\.gz$/,
    );
    expect([status, body]).toEqual([
      200,
      { Items: [{ Type: "urlDownload", Params: { URL, CID } }], NextToken: "" },
    ]);
    const link = (body as { Items: { Params: { URL: string } }[] }).Items[0]?.Params.URL ?? "";
    const { api } = inject("network");
    expect(link.startsWith(`${api}/`)).toBe(true);
    const archive = await fetch(link);
    expect(archive.status).toBe(200);
    const tar = gunzipSync(Buffer.from(await archive.arrayBuffer())).toString("latin1");
    expect(tar).toContain("passed on");
    // The client's own name for the requester, in what it is told.
    const named = { ...headers, Host: "localhost:4321" };
    const other = (await send("GET", path, { headers: named })).text;
    expect(other).toContain('"URL":"http://localhost:4321/results/baf');
    expect(other).not.toContain(api);
  });

  test("a urlDownload of another publisher is the same with X-Bacalhau-Git-Version", async () => {
    const jobId = await run(noop({ Stdout: "elsewhere" }, {}, { Publisher: { Type: "local" } }));
    const headers = { "X-Bacalhau-Git-Version": "v1.7.0" };
    const { body } = await send("GET", `${JOBS}/${jobId}/results`, { headers });
    expect(body).toMatchObject({ Items: [{ Type: "urlDownload" }] });
    expect(body).toEqual(await get(`${JOBS}/${jobId}/results`));
  });

  test("is an empty list before anything is published", async () => {
    const jobId = await submit(noop({ DurationMs: 600_000 }));
    expect(await get(`${JOBS}/${jobId}/results`)).toEqual({ Items: [], NextToken: "" });
    await send("DELETE", `${JOBS}/${jobId}`);
  });
});

test("an answer of 200 is all that tells of success: there is no 201 and no 202", async () => {
  const statuses = [
    (await send("POST", JOBS, { body: { Job: noop() } })).status,
    (await send("PUT", JOBS, { body: { Job: noop() } })).status,
    (await send("DELETE", `${JOBS}/${await submit(noop())}`)).status,
  ];
  expect(statuses).toEqual([200, 200, 200]);
  expect((await send("PUT", JOBS, { body: { Job: noop() } })).body).toMatchObject({ JobID: JOB_ID });
});
