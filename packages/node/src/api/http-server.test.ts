import { once } from "node:events";
import { connect } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Answer, startTestApi, type TestApi } from "./test-api.ts";

const JOB = {
  Name: "hello",
  Type: "batch",
  Tasks: [{ Name: "main", Engine: { Type: "noop", Params: { Stdout: "a & b <c>" } } }],
};
const JOBS = "/api/v1/orchestrator/jobs";

let api: TestApi;
beforeEach(async () => {
  api = await startTestApi();
});
afterEach(() => api.stop());

async function get(
  url: string,
): Promise<{ status: number; body: Answer; headers: Record<string, unknown>; text: string }> {
  const { statusCode, headers, payload } = await api.server.app.inject({ method: "GET", url });
  return { status: statusCode, headers, text: payload, body: JSON.parse(payload) as Answer };
}

async function submit(job: unknown = JOB): Promise<string> {
  const response = await api.server.app.inject({ method: "PUT", url: JOBS, payload: { Job: job } });
  expect(response.statusCode).toBe(200);
  return response.json<Answer>().JobID;
}

describe("PUT and POST /orchestrator/jobs", () => {
  test.each(["PUT", "POST"] as const)(
    "%s answers 200 with the job's id, an evaluation's and warnings",
    async (method) => {
      const payload = { Job: { ...JOB, Colour: "red" }, Force: false };
      const response = await api.server.app.inject({ method, url: JOBS, payload });
      expect(response.statusCode).toBe(200);
      expect(response.json<Answer>()).toEqual({
        JobID: expect.stringMatching(/^j-/),
        EvaluationID: expect.stringMatching(/^v-/),
        Warnings: [expect.stringContaining("Colour")],
      });
    },
  );

  test("takes keys in any letter case, and JSON of any declared type", async () => {
    const response = await api.server.app.inject({
      method: "PUT",
      url: JOBS,
      headers: { "content-type": "application/x-www-form-urlencoded" },
      payload: JSON.stringify({ job: { NAME: "x", tasks: JOB.Tasks } }),
    });
    expect(response.statusCode).toBe(200);
  });

  test("answers 400 that names the field and the fix", async () => {
    const job = { ...JOB, Tasks: [{ Name: "main", Engine: { Type: "fortran" } }] };
    const response = await api.server.app.inject({ method: "PUT", url: JOBS, payload: { Job: job } });
    expect(response.statusCode).toBe(400);
    expect(response.json<Answer>()).toEqual({
      Status: 400,
      Message: 'Cannot take Tasks[0].Engine.Type: unknown engine "fortran"',
      RequestID: response.headers["x-request-id"],
      Code: "protocol/invalid-document",
      Component: "protocol",
      Hint: "Use docker, wasm or noop.",
      Details: { Field: "Tasks[0].Engine.Type" },
    });
  });

  test.each([
    ["no Job", {}, "the request: it has no Job"],
    ["nothing", undefined, "the request: it has no Job"],
    ["a list", [JOB], "the request: it has no Job"],
    ["a Job that is null", { Job: null }, "Job: not an object"],
  ])("answers 400 to %s", async (_, payload, state) => {
    const response = await api.server.app.inject({ method: "PUT", url: JOBS, ...(payload && { payload }) });
    expect(response.statusCode).toBe(400);
    expect(response.json<Answer>().Message).toBe(`Cannot take ${state}`);
  });

  test.each([
    ['{"Job": {\n  "Name": tru\n}}', "line 2, column 11: it is not JSON there"],
    ['{"Job": {', "line 1, column 10: it ends too early"],
    ["Job:\n  Name: x", "line 1, column 1: it is not JSON there"],
  ])("names where a body isn't JSON, and quotes none of it: %j", async (payload, state) => {
    const response = await api.server.app.inject({
      method: "PUT",
      url: JOBS,
      headers: { "content-type": "application/json" },
      payload,
    });
    expect(response.statusCode).toBe(400);
    expect(response.json<Answer>()).toMatchObject({
      Code: "node/invalid-request",
      Message: `Cannot read the body at ${state}`,
    });
  });
});

describe("GET /orchestrator/jobs/:id", () => {
  test("gives the document back with its state, and times as exact nanoseconds", async () => {
    const id = await submit();
    const { status, body, text } = await get(`${JOBS}/${id}`);
    expect(status).toBe(200);
    expect(body).toEqual({
      Job: {
        ...JOB,
        ID: id,
        Namespace: "default",
        Priority: 0,
        Count: 1,
        Constraints: [],
        Meta: {},
        Labels: {},
        State: { StateType: expect.any(String), Message: expect.any(String), Details: {} },
        Version: 1,
        Revision: expect.any(Number),
        CreateTime: expect.any(Number),
        ModifyTime: expect.any(Number),
      },
    });
    expect(text).toMatch(/"CreateTime":\d{13}000000,/);
    expect(text).toContain("a & b <c>");
  });

  test("includes executions and history when asked", async () => {
    const id = await submit();
    const { body } = await get(`${JOBS}/${id}?include=executions,history`);
    expect(body.Executions).toEqual({ Items: [], NextToken: "" });
    expect(body.History.Items[0]).toMatchObject({ Type: "JobLevel", JobID: id, SeqNum: 1 });
    const repeated = await get(`${JOBS}/${id}?include=executions&include=history`);
    expect(Object.keys(repeated.body).toSorted()).toEqual(["Executions", "History", "Job"]);
  });

  test("finds by name and by a unique prefix of the id", async () => {
    const id = await submit();
    expect((await get(`${JOBS}/hello`)).body.Job.ID).toBe(id);
    expect((await get(`${JOBS}/${id.slice(0, 12)}`)).body.Job.ID).toBe(id);
  });

  test.each(["", "/executions", "/history", "/results"])("answers 404 to an unknown job%s", async (path) => {
    const { status, body } = await get(`${JOBS}/j-unknown${path}`);
    expect(status).toBe(404);
    expect(body).toMatchObject({ Status: 404, Code: "requester/unknown-job", Component: "requester" });
  });
});

describe("GET /orchestrator/jobs", () => {
  test("pages through all jobs, newest first", async () => {
    const ids = [await submit(), await submit({ ...JOB, Name: "b" }), await submit({ ...JOB, Name: "c" })];
    const first = await get(`${JOBS}?limit=2`);
    const second = await get(`${JOBS}?limit=2&next_token=${encodeURIComponent(first.body.NextToken)}`);
    expect(second.body.NextToken).toBe("");
    const listed = [...first.body.Items, ...second.body.Items].map((job) => job.ID);
    expect(listed.toSorted()).toEqual(ids.toSorted());
  });

  test("lists one namespace, and all of them for *", async () => {
    await submit();
    await submit({ ...JOB, Namespace: "other" });
    const count = async (query: string) => (await get(`${JOBS}${query}`)).body.Items.length;
    expect(await count("")).toBe(1);
    expect(await count("?namespace=other")).toBe(1);
    expect(await count("?namespace=*")).toBe(2);
  });

  test.each([
    ["next_token=nonsense", "requester/invalid-token"],
    ["limit=-1", "node/invalid-request"],
    ["limit=many", "node/invalid-request"],
    ["order_by=colour", "node/invalid-request"],
    ["labels=a%20b", "node/invalid-request"],
  ])("answers 400 to ?%s", async (query, code) => {
    const { status, body } = await get(`${JOBS}?${query}`);
    expect(status).toBe(400);
    expect(body.Code).toBe(code);
    expect(body.Details.Field).toBe(query.split("=")[0]);
  });
});

describe("DELETE /orchestrator/jobs/:id and history", () => {
  test("stops the job with the reason, and ends its history", async () => {
    const id = await submit();
    const live = await get(`${JOBS}/${id}/history`);
    expect(live.body.NextToken).not.toBe("");
    const nothingNew = await get(`${JOBS}/${id}/history?next_token=${live.body.NextToken}`);
    const response = await api.server.app.inject({
      method: "DELETE",
      url: `${JOBS}/${id}`,
      payload: { reason: "changed my mind" },
    });
    expect(response.statusCode).toBe(200);
    expect(response.json<Answer>()).toEqual({ EvaluationID: expect.any(String) });
    const { body } = await get(`${JOBS}/${id}`);
    expect(body.Job.State).toMatchObject({
      StateType: "Stopped",
      Message: expect.stringContaining("changed my mind"),
    });
    const rest = await get(`${JOBS}/${id}/history?next_token=${nothingNew.body.NextToken}`);
    expect(rest.body.NextToken).toBe("");
    expect(rest.body.Items.length).toBeGreaterThan(0);
  });

  test("gives history page by page, each event once", async () => {
    const id = await submit();
    await api.requester.stopJob(id, "enough");
    const whole = await get(`${JOBS}/${id}/history`);
    const seen: number[] = [];
    let token = "";
    do {
      const { body } = await get(`${JOBS}/${id}/history?limit=1&next_token=${token}`);
      seen.push(...body.Items.map((item) => item.SeqNum));
      token = body.NextToken;
    } while (token !== "");
    expect(seen).toEqual(whole.body.Items.map((item) => item.SeqNum));
    expect(whole.body.Items[0]).toEqual({
      SeqNum: 1,
      Type: "JobLevel",
      JobID: id,
      JobVersion: 1,
      ExecutionID: "",
      Event: {
        Message: expect.any(String),
        Topic: "job/submitted",
        Timestamp: expect.any(String),
        Details: {},
      },
      Time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
    });
  });

  test("tells of a compacted job how it ended, and that its history was compacted", async () => {
    const id = await submit();
    await api.server.app.inject({ method: "DELETE", url: `${JOBS}/${id}?reason=enough` });
    await expect.poll(async () => (await api.requester.job(id)).job.closed).toBe(true);
    const nowMs = Date.now() + 1;
    await api.store.compact({ closedBeforeMs: nowMs, nowMs, maxRows: 1_000 });
    const history = await get(`${JOBS}/${id}/history`);
    expect(history.body).toMatchObject({ Items: [{ Event: { Topic: "job/compacted" } }], NextToken: "" });
    expect(history.body.Items).toHaveLength(1);
    const { body } = await get(`${JOBS}/${id}?include=executions,history`);
    expect(body).toMatchObject({ Job: { State: { StateType: "Stopped", Message: "enough" } } });
    expect((await get(`${JOBS}/${id}/results`)).body).toEqual({ Items: [], NextToken: "" });
  });

  test("answers 400 to a token of no history", async () => {
    const id = await submit();
    expect((await get(`${JOBS}/${id}/history?next_token=abc`)).status).toBe(400);
  });
});

describe("agent, nodes and metrics", () => {
  test("GET /agent/alive, /agent/version and /agent/node", async () => {
    expect((await get("/api/v1/agent/alive")).body).toEqual({ Status: "OK" });
    const { body: version } = await get("/api/v1/agent/version");
    expect(version).toMatchObject({ Major: "1", Minor: "2", GitVersion: "v1.2.3", GOOS: "linux" });
    expect(Object.keys(version).toSorted()).toEqual([
      "BuildDate",
      "GOARCH",
      "GOOS",
      "GitCommit",
      "GitVersion",
      "Major",
      "Minor",
    ]);
    expect((await get("/api/v1/agent/node")).body).toEqual({
      NodeID: "node-r",
      NodeType: "Requester",
      Labels: { zone: "a" },
      SupportedProtocols: ["gadus/bid/1.0.0"],
      BacalhauVersion: version,
    });
  });

  test("GET /orchestrator/nodes shows what the requester saw of a node", async () => {
    const observation = { nodeId: "node-r", atMs: Date.now(), halfLifeMs: 86_400_000 };
    await api.requester.stop();
    await api.store.commit(
      (["verified", "verified", "late"] as const).map((outcome) => ({
        kind: "observation",
        observation: { ...observation, outcome },
      })),
    );
    await api.requester.start();
    const { body } = await get("/api/v1/orchestrator/nodes/node-r");
    expect(body.Node.Reputation).toEqual({ Verified: 2, Refuted: 0, Failed: 0, Late: 1, Score: 0.6 });
    expect((await get("/api/v1/orchestrator/nodes")).body.Nodes).toEqual([
      expect.objectContaining({ Reputation: body.Node.Reputation }),
    ]);
  });

  test("GET /orchestrator/nodes/:id answers 404 to an unknown one", async () => {
    const { status, body } = await get("/api/v1/orchestrator/nodes/nobody");
    expect(status).toBe(404);
    expect(body.Code).toBe("node/unknown-node");
  });

  test("GET /metrics is Prometheus's text", async () => {
    await get("/api/v1/agent/alive");
    const { payload, headers } = await api.server.app.inject({ method: "GET", url: "/metrics" });
    expect(headers["content-type"]).toContain("text/plain");
    expect(payload).toContain(
      'gadus_node_http_request_seconds_count{method="GET",route="/api/v1/agent/alive",status="200"} 1',
    );
  });
});

describe("errors", () => {
  test("an unknown route and a wrong method have the envelope", async () => {
    const unknown = await get("/api/v1/nothing");
    expect(unknown.status).toBe(404);
    expect(unknown.body).toMatchObject({
      Status: 404,
      Code: "node/unknown-route",
      RequestID: unknown.headers["x-request-id"],
    });
    const wrong = await api.server.app.inject({ method: "PATCH", url: `${JOBS}/x` });
    expect(wrong.statusCode).toBe(405);
    expect(wrong.headers.allow).toContain("DELETE");
    expect(wrong.json<Answer>().Code).toBe("node/method-not-allowed");
  });

  test("a node that takes no jobs says so", async () => {
    const other = await startTestApi({ requester: undefined });
    const response = await other.server.app.inject({ method: "GET", url: JOBS });
    await other.stop();
    expect(response.statusCode).toBe(404);
    expect(response.json<Answer>().Message).toContain("this node is not a requester");
  });

  test("a busy port is named, with the setting and the fix", async () => {
    const address = await api.server.start();
    const port = Number(new URL(address).port);
    const other = await startTestApi({ port });
    await expect(other.server.start()).rejects.toMatchObject({
      code: "node/port-in-use",
      field: "api.port",
      message: `Cannot serve the API on 127.0.0.1:${port}: another program listens there`,
    });
    await other.stop();
  });
});

describe("limits", () => {
  const MIB = 1024 * 1024;

  /** Sends headers and a body of `mib` MiB whatever comes back, and gives the answer. */
  async function send(
    url: string,
    mib: number,
    header: string,
  ): Promise<{ readonly status: number; readonly body: Answer }> {
    const { hostname, port, pathname } = new URL(url);
    const socket = connect(Number(port), hostname);
    let answer = "";
    socket.on("data", (part) => {
      answer += part;
    });
    const chunked = header.includes("chunked");
    const chunk = Buffer.alloc(MIB, " ");
    socket.write(`PUT ${pathname} HTTP/1.1\r\nhost: localhost\r\n${header}\r\n\r\n`);
    for (let index = 0; index < mib; index += 1) {
      if (chunked) socket.write(`${MIB.toString(16)}\r\n`);
      if (!socket.write(chunk)) await once(socket, "drain");
      if (chunked) socket.write("\r\n");
    }
    if (chunked) socket.write("0\r\n\r\n");
    while (!answer.endsWith("}")) await once(socket, "data");
    socket.destroy();
    return {
      status: Number(answer.split(" ")[1]),
      body: JSON.parse(answer.slice(answer.indexOf("{"))) as Answer,
    };
  }

  test.each([[`content-length: ${100 * MIB}`], ["transfer-encoding: chunked"]])(
    "a document of 100 MB (%s) gets 413, and the node serves on",
    async (header) => {
      const address = await api.server.start();
      const { status, body } = await send(`${address}${JOBS}`, 100, header);
      expect(status).toBe(413);
      expect(body).toMatchObject({
        Status: 413,
        Code: "node/body-too-large",
        Hint: expect.stringContaining("blobs"),
      });
      expect((await fetch(`${address}/api/v1/agent/alive`)).status).toBe(200);
    },
  );

  test("PUT /orchestrator/blobs keeps a file and answers its CID", async () => {
    const response = await api.server.app.inject({
      method: "PUT",
      url: "/api/v1/orchestrator/blobs",
      headers: { "content-type": "application/octet-stream" },
      payload: Buffer.from("hello\n"),
    });
    expect(response.json<Answer>()).toEqual({
      CID: "bafkreicysg23kiwv34eg2d7qweipxwosdo2py4ldv42nbauguluen5v6am",
      SizeBytes: 6,
    });
    expect(await api.content.has(response.json<Answer>().CID)).toBe(true);
  });

  test("an upload beyond its limit gets 413", async () => {
    const address = await api.server.start();
    const url = `${address}/api/v1/orchestrator/blobs`;
    const { status, body } = await send(url, 20, "transfer-encoding: chunked");
    expect(status).toBe(413);
    expect(body.Hint).toContain("api.maxUploadSize");
  });

  test("who takes too long to send a request is cut off", async () => {
    const slow = await startTestApi({ requestTimeoutMs: 50 });
    const { port } = new URL(await slow.server.start());
    const socket = connect(Number(port), "127.0.0.1");
    socket.write(`PUT ${JOBS} HTTP/1.1\r\nhost: localhost\r\ncontent-length: 10\r\n\r\n{`);
    socket.on("error", () => {});
    socket.resume();
    await once(socket, "close");
    expect((await fetch(`http://127.0.0.1:${port}/api/v1/agent/alive`)).status).toBe(200);
    await slow.stop();
  });
});

describe("GET /orchestrator/events", () => {
  const EVENTS = "/api/v1/orchestrator/events";

  /** Reads events until `enough` says so, then hangs up. */
  async function read(
    url: string,
    enough: (ids: number[]) => boolean,
    lastEventId?: number,
  ): Promise<number[]> {
    const controller = new AbortController();
    const headers = lastEventId === undefined ? {} : { "last-event-id": String(lastEventId) };
    const response = await fetch(url, { headers, signal: controller.signal });
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    const ids: number[] = [];
    let text = "";
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      text += Buffer.from(chunk).toString();
      const blocks = text.split("\n\n");
      text = blocks.pop() ?? "";
      ids.push(...blocks.flatMap((block) => /^id: (\d+)$/m.exec(block)?.[1] ?? []).map(Number));
      if (enough(ids)) break;
    }
    controller.abort();
    return ids;
  }

  test("gives a job's events from its beginning, and goes on as they come", async () => {
    const address = await api.server.start();
    const id = await submit();
    await submit({ ...JOB, Name: "other" });
    let stopped: Promise<void> | undefined;
    const ids = await read(`${address}${EVENTS}?job_id=${id}`, (seen) => {
      stopped ??= api.requester.stopJob(id, "enough");
      return seen.length >= 3;
    });
    await stopped;
    const events = await api.requester.events({ jobId: id, afterSeq: 0, limit: 100 });
    expect(ids).toEqual(events.map((event) => event.seq).slice(0, ids.length));
  });

  test("resumes after Last-Event-ID without gaps or repeats", async () => {
    const address = await api.server.start();
    for (let index = 0; index < 5; index += 1) await submit({ ...JOB, Name: `job-${index}` });
    const all = (await api.requester.events({ afterSeq: 0, limit: 100 })).map((event) => event.seq);
    const first = (await read(`${address}${EVENTS}`, (ids) => ids.length >= 2, 0)).slice(0, 2);
    const last = first.at(-1) ?? 0;
    const rest = await read(`${address}${EVENTS}`, (ids) => ids.includes(all.at(-1) ?? 0), last);
    expect([...first, ...rest].slice(0, all.length)).toEqual(all);
  });

  test("takes only so many clients, and room comes free", async () => {
    const address = await api.server.start();
    const controllers = [new AbortController(), new AbortController()];
    for (const { signal } of controllers) await fetch(`${address}${EVENTS}`, { signal });
    const refused = await fetch(`${address}${EVENTS}`);
    expect(refused.status).toBe(429);
    expect(refused.headers.get("retry-after")).toBe("1");
    for (const controller of controllers) controller.abort();
    await expect
      .poll(async () => {
        const controller = new AbortController();
        const { status } = await fetch(`${address}${EVENTS}`, { signal: controller.signal });
        controller.abort();
        return status;
      })
      .toBe(200);
  });

  test("answers 404 to an unknown job, and 400 to an id of no event", async () => {
    expect((await get(`${EVENTS}?job_id=j-unknown`)).status).toBe(404);
    for (const id of ["x", "-1", "1.5", "99999"]) {
      const response = await api.server.app.inject({ url: EVENTS, headers: { "last-event-id": id } });
      expect(response.statusCode).toBe(400);
      expect(response.json<Answer>().Details.Field).toBe("last-event-id");
    }
  });

  test("ends when the server stops", async () => {
    const address = await api.server.start();
    const response = await fetch(`${address}${EVENTS}`);
    const body = response.text();
    await api.server.stop();
    expect(await body).toBe(": following\n\n");
  });
});
