import { setImmediate as nextTurn } from "node:timers/promises";
import { makeExecutionRecord } from "@gadus/requester/conformance";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { startTestApi, type TestApi } from "./test-api.ts";

const TASKS = [{ Name: "main", Engine: { Type: "noop", Params: { Stdout: "x" } } }];
const JOBS = "/api/v1/orchestrator/jobs";

let api: TestApi;
beforeEach(async () => {
  api = await startTestApi();
});
afterEach(() => api.stop());

interface Page {
  readonly Items: readonly { readonly ID: string; readonly SeqNum: number; readonly Type: string }[];
  readonly NextToken: string;
}

async function get<T = Page>(url: string, query: Readonly<Record<string, string | readonly string[]>> = {}) {
  const parameters = new URLSearchParams();
  for (const [key, values] of Object.entries(query))
    for (const value of [values].flat()) parameters.append(key, value);
  const response = await api.server.app.inject({ method: "GET", url: `${url}?${parameters.toString()}` });
  return { status: response.statusCode, body: response.json<T>() };
}

async function submit(job: object = {}): Promise<string> {
  const payload = { Job: { Tasks: TASKS, ...job } };
  const response = await api.server.app.inject({ method: "PUT", url: JOBS, payload });
  expect(response.statusCode).toBe(200);
  return response.json<{ JobID: string }>().JobID;
}

const inOrder = (a: string | undefined, b: string | undefined): number => ((a ?? "") < (b ?? "") ? -1 : 1);

/** Every page of a list, read with its tokens. */
async function pages(url: string, query: Readonly<Record<string, string>>): Promise<readonly Page[]> {
  const read: Page[] = [];
  let token = "";
  do {
    const { status, body } = await get(url, { ...query, next_token: token });
    expect(status).toBe(200);
    read.push(body);
    token = body.NextToken;
  } while (token !== "");
  return read;
}

describe("GET /orchestrator/jobs?labels", () => {
  const ids: string[] = [];
  beforeEach(async () => {
    ids.splice(0);
    ids.push(await submit({ Labels: { team: "cod", env: "prod" } }));
    ids.push(await submit({ Labels: { team: "eel", env: "test" } }));
    ids.push(await submit());
  });

  test.each([
    ["team=cod", [0]],
    ["team==eel", [1]],
    ["team!=cod", [1, 2]],
    ["team in (cod, eel)", [0, 1]],
    ["team notin (cod,eel)", [2]],
    ["team", [0, 1]],
    ["!team", [2]],
    ["team,env!=prod", [1]],
    [["team", "env=prod"], [0]],
    [["team=cod", "env=test"], []],
    ["", [0, 1, 2]],
  ])("selects by %j", async (labels, indexes) => {
    const { body } = await get(JOBS, { labels });
    expect(body.Items.map(({ ID }) => ID).toSorted(inOrder)).toEqual(
      indexes.map((index) => ids[index]).toSorted(inOrder),
    );
  });

  test("pages through what is selected, in the order that is asked for", async () => {
    for (const order_by of ["created_at", "modified_at"]) {
      const query = { labels: "team", order_by, reverse: "true", limit: "1" };
      const read = await pages(JOBS, query);
      expect(read.map(({ Items }) => Items.length)).toEqual([1, 1]);
      expect(read.flatMap(({ Items }) => Items.map(({ ID }) => ID)).toSorted(inOrder)).toEqual(
        [ids[0], ids[1]].toSorted(inOrder),
      );
    }
  });

  test("answers 400 to what is no selector", async () => {
    const { status, body } = await get<object>(JOBS, { labels: "team=" + "cod=eel" });
    expect(status).toBe(400);
    expect(body).toMatchObject({
      Code: "node/invalid-request",
      Message: 'Cannot use labels: "team=cod=eel" is no condition on a label',
      Details: { Field: "labels" },
    });
  });
});

describe("GET /orchestrator/jobs/:id/executions", () => {
  let jobId: string;
  beforeEach(async () => {
    jobId = await submit();
    await api.requester.stopJob(jobId, "enough");
    while (!(await api.requester.job(jobId)).job.closed) await nextTurn();
    await api.store.commit(
      [1, 2, 3].map((index) => ({
        kind: "execution" as const,
        execution: makeExecutionRecord(jobId, `e-${index}`, {
          state: "cancelled",
          createdAtMs: index,
          modifiedAtMs: 10 - index,
        }),
      })),
    );
  });

  test.each([
    [{}, ["e-1", "e-2", "e-3"]],
    [{ reverse: "true" }, ["e-3", "e-2", "e-1"]],
    [{ order_by: "modified_at" }, ["e-3", "e-2", "e-1"]],
    [{ order_by: "modified_at", reverse: "true" }, ["e-1", "e-2", "e-3"]],
  ])("gives them in order, page by page: %j", async (query, expected) => {
    const url = `${JOBS}/${jobId}/executions`;
    const whole = await get(url, query);
    expect(whole.body.NextToken).toBe("");
    expect(whole.body.Items.map(({ ID }) => ID)).toEqual(expected);
    const read = await pages(url, { ...query, limit: "2" });
    expect(read.map(({ Items }) => Items.length)).toEqual([2, 1]);
    expect(read.flatMap(({ Items }) => Items)).toEqual(whole.body.Items);
  });

  test("gives one in full", async () => {
    const { body } = await get<{ Items: object[] }>(`${JOBS}/${jobId}/executions`, { limit: "1" });
    expect(body).toEqual({
      Items: [
        {
          ID: "e-1",
          Namespace: "default",
          EvalID: "",
          Name: `${jobId}.0`,
          NodeID: "node-a",
          JobID: jobId,
          JobVersion: 1,
          AllocatedResources: { Tasks: { main: { CPU: 0.5, Memory: 2 ** 29, Disk: 2 ** 28, GPU: 0 } } },
          DesiredState: { StateType: 2, Message: "" },
          ComputeState: { StateType: 11, Message: "", Details: { State: "cancelled" } },
          PublishedResult: { Type: "", Params: {} },
          RunOutput: null,
          PreviousExecution: "",
          NextExecution: "",
          PartitionIndex: 0,
          Revision: 1,
          CreateTime: 1_000_000,
          ModifyTime: 9_000_000,
        },
      ],
      NextToken: expect.stringMatching(/^[\w-]+$/),
    });
  });

  test("are part of the job's description, by limit", async () => {
    const { body } = await get<{ Executions: Page; History: Page; Job: object }>(`${JOBS}/${jobId}`, {
      include: "executions, history",
      limit: "2",
    });
    expect(Object.keys(body)).toEqual(["Job", "Executions", "History"]);
    expect(body.Executions.Items.map(({ ID }) => ID)).toEqual(["e-1", "e-2"]);
    expect(body.Executions.NextToken).not.toBe("");
    expect(body.History.Items).toHaveLength(2);
  });

  test.each([
    [{ next_token: "nonsense" }, 400, "requester/invalid-token"],
    [{ order_by: "colour" }, 400, "node/invalid-request"],
    [{ job_version: "2" }, 404, "requester/unknown-version"],
    [{ job_version: "-1" }, 400, "node/invalid-request"],
  ])("answers %j with %i", async (query, expected, Code) => {
    const { status, body } = await get<object>(`${JOBS}/${jobId}/executions`, query);
    expect(status).toBe(expected);
    expect(body).toMatchObject({ Status: expected, Code });
  });
});

describe("GET /orchestrator/jobs/:id/history", () => {
  let jobId: string;
  let url: string;
  beforeEach(async () => {
    jobId = await submit();
    url = `${JOBS}/${jobId}/history`;
  });

  async function addExecutionEvents(): Promise<void> {
    await api.store.commit(
      ["e-1", "e-2", "e-1"].map((executionId, index) => ({
        kind: "event" as const,
        event: {
          jobId,
          jobVersion: 1,
          namespace: "default",
          owner: "",
          executionId,
          topic: "execution/running",
          message: `${index}`,
          details: { node: "node-a" },
          atMs: 4_000_000_000_000 + index * 1_000,
        },
      })),
    );
  }

  test("selects by type, execution and time, and gives an event in full", async () => {
    await addExecutionEvents();
    const types = async (query: Readonly<Record<string, string>>) =>
      (await get(url, query)).body.Items.map(({ Type }) => Type);
    const all = await types({});
    expect(await types({ event_type: "all" })).toEqual(all);
    expect(await types({ event_type: "job" })).toEqual(all.filter((type) => type === "JobLevel"));
    expect(await types({ event_type: "execution" })).toEqual(
      Array.from({ length: 3 }, () => "ExecutionLevel"),
    );
    expect(await types({ execution_id: "e-1" })).toHaveLength(2);
    expect(await types({ execution_id: "e-9" })).toEqual([]);
    expect(await types({ since: "4000000001" })).toHaveLength(2);
    expect((await get(url, { execution_id: "e-2" })).body.Items).toEqual([
      {
        SeqNum: expect.any(Number),
        Type: "ExecutionLevel",
        JobID: jobId,
        JobVersion: 1,
        ExecutionID: "e-2",
        Event: {
          Message: "1",
          Topic: "execution/running",
          Timestamp: "2096-10-02T07:06:41.000Z",
          Details: { node: "node-a" },
        },
        Time: "2096-10-02T07:06:41.000Z",
      },
    ]);
  });

  test("has full pages of what is selected, and a token until the job is over and all of it was read", async () => {
    await addExecutionEvents();
    const query = { event_type: "execution", limit: "2" };
    const first = await get(url, query);
    expect(first.body.Items).toHaveLength(2);
    const second = await get(url, { ...query, next_token: first.body.NextToken });
    expect(second.body.Items).toHaveLength(1);
    const nothing = await get(url, { ...query, next_token: second.body.NextToken });
    expect(nothing.body).toEqual({ Items: [], NextToken: second.body.NextToken });
    expect((await get(url, { execution_id: "e-9" })).body).toEqual({ Items: [], NextToken: "0" });
    await api.requester.stopJob(jobId, "enough");
    expect((await get(url, { ...query, next_token: second.body.NextToken })).body).toEqual({
      Items: [],
      NextToken: "",
    });
    expect((await pages(url, query)).map(({ Items }) => Items.length)).toEqual([2, 1]);
  });

  test.each([
    [{ event_type: "colour" }, 400],
    [{ since: "yesterday" }, 400],
    [{ next_token: "x" }, 400],
    [{ job_version: "7" }, 404],
  ])("answers %j with %i", async (query, expected) => {
    expect((await get(url, query)).status).toBe(expected);
  });
});
