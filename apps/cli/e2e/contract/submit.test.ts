import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, inject, test } from "vitest";
import { JOBS, noop, submit } from "./contract-jobs.ts";
import { EVALUATION_ID, get, JOB_ID, NANOSECONDS, REQUEST_ID, send } from "./raw-http.ts";

/** What is answered to `{Job: job}`. */
const put = (job: unknown, more: object = {}) => send("PUT", JOBS, { body: { Job: job, ...more } });
const accepted = { JobID: JOB_ID, EvaluationID: EVALUATION_ID, Warnings: [] };
const jobOf = async (jobId: string) => ((await get(`${JOBS}/${jobId}`)) as { Job: object }).Job;

/** The envelope of a document that is refused for what `field` says. */
const refusal = (field: string, state: string, hint: string) => ({
  Status: 400,
  Message: `Cannot take ${field}: ${state}`,
  RequestID: REQUEST_ID,
  Code: "protocol/invalid-document",
  Component: "protocol",
  Hint: hint,
  Details: { Field: field },
});

describe("PUT and POST /orchestrator/jobs", () => {
  test.each(["PUT", "POST"])(
    "%s answers exactly 200 with JobID, EvaluationID and Warnings",
    async (method) => {
      const { status, body } = await send(method, JOBS, { body: { Job: noop(), Force: false } });
      expect([status, body]).toEqual([200, accepted]);
    },
  );

  test("keys are accepted in any letter case, and shown in the document's own", async () => {
    const shouted = {
      NAME: "shouted",
      type: "batch",
      tAsKs: [{ name: "main", ENGINE: { type: "NOOP", params: { stdout: "x" } }, env: { lower: "kept" } }],
    };
    const { status, body } = await send("PUT", JOBS, { body: { job: shouted, force: true } });
    expect([status, body]).toEqual([200, accepted]);
    expect(await jobOf((body as { JobID: string }).JobID)).toMatchObject({
      Name: "shouted",
      Tasks: [{ Name: "main", Engine: { Type: "NOOP", Params: { stdout: "x" } }, Env: { lower: "kept" } }],
    });
  });

  test("unknown keys beside Job are ignored: Namespace, Credential and IdempotencyToken", async () => {
    const { status, body } = await put(noop(), {
      Namespace: "",
      Credential: { Scheme: "Bearer", Value: "not looked at" },
      IdempotencyToken: "",
    });
    expect([status, body]).toEqual([200, accepted]);
  });

  test("unknown keys in Job are ignored, and the answer warns of them", async () => {
    const { status, body } = await put({ ...noop(), Colour: "red" });
    const warning = "Colour is not a field of a job document; it was ignored";
    expect([status, body]).toEqual([200, { ...accepted, Warnings: [warning] }]);
    expect(await jobOf((body as { JobID: string }).JobID)).not.toHaveProperty("Colour");
  });

  test("a body is read as JSON whatever Content-Type it is sent with", async () => {
    for (const type of ["application/json", "application/json; charset=utf-8", "text/plain", undefined]) {
      const headers: Record<string, string> = type === undefined ? {} : { "content-type": type };
      const { status } = await send("PUT", JOBS, { headers, body: { Job: noop() } });
      expect([type, status]).toEqual([type, 200]);
    }
  });
});

test("no body is logged", async () => {
  const secret = `secret-${Math.random().toString(36).slice(2)}`;
  const job = { ...noop({}, {}, { Env: { TOKEN: secret } }), Colour: secret };
  await put(job, { Credential: { Scheme: "Bearer", Value: secret } });
  await put({ ...job, Type: secret });
  await send("PUT", JOBS, { body: `{"Job": "${secret}"` });
  const { dir } = inject("network");
  const logs = globSync("**/*.log", { cwd: dir }).map((file) => readFileSync(join(dir, file), "utf8"));
  expect(logs.length).toBeGreaterThan(3);
  expect(logs.filter((text) => text.includes(secret))).toEqual([]);
});

describe("the job document", () => {
  test("comes back with ID, Name, Namespace, Count, Priority, State, Version, Revision and times", async () => {
    const jobId = await submit(noop({ DurationMs: 1 }));
    expect(await jobOf(jobId)).toEqual({
      ...noop({ DurationMs: 1 }),
      ID: jobId,
      Name: jobId,
      Namespace: "default",
      Priority: 0,
      Count: 1,
      Constraints: [],
      Meta: {},
      Labels: {},
      State: {
        StateType: expect.stringMatching(/^(Pending|Queued|Running|Completed)$/),
        Message: expect.any(String),
        Details: {},
      },
      Version: 1,
      Revision: expect.any(Number),
      CreateTime: NANOSECONDS,
      ModifyTime: NANOSECONDS,
    });
  });

  test("times are integers of nanoseconds, to the last digit", async () => {
    const jobId = await submit(noop());
    const { text } = await send("GET", `${JOBS}/${jobId}`);
    expect(text).toMatch(/"CreateTime":1\d{18},"ModifyTime":1\d{18}[,}]/);
  });

  test("is taken with every field that there is, and shown as it was given", async () => {
    const document = {
      Name: "everything",
      Namespace: "all-fields",
      Type: "batch",
      Priority: 7,
      Count: 2,
      Constraints: [{ Key: "nowhere", Operator: "exists", Values: [] }],
      Meta: { "my/meta": "1" },
      Labels: { team: "cod" },
      Tasks: [
        {
          Name: "main",
          Engine: { Type: "noop", Params: { Stdout: "x" } },
          Publisher: { Type: "ipfs", Params: {} },
          Env: { A: "1" },
          Meta: { b: "2" },
          InputSources: [
            { Source: { Type: "inline", Params: { URL: "data:,hi" } }, Alias: "in", Target: "/in.txt" },
          ],
          ResultPaths: [{ Name: "outputs", Path: "/outputs" }],
          Resources: { CPU: "500m", Memory: "512Mb", Disk: "2Gi", GPU: "0" },
          Network: {
            Type: "HTTP",
            Domains: ["example.com"],
            Ports: [{ Name: "web", Static: 8080, Target: 80, HostNetwork: "" }],
          },
          Timeouts: { ExecutionTimeout: 60, QueueTimeout: 600, TotalTimeout: 900 },
        },
      ],
    };
    const jobId = await submit(document);
    const { State, ...shown } = (await jobOf(jobId)) as { State: object };
    expect(shown).toEqual({
      ...document,
      ID: jobId,
      Version: 1,
      Revision: expect.any(Number),
      CreateTime: NANOSECONDS,
      ModifyTime: NANOSECONDS,
    });
    expect(State).toMatchObject({ StateType: expect.stringMatching(/^(Pending|Queued)$/), Details: {} });
    await send("DELETE", `${JOBS}/${jobId}`);
  });

  test("amounts of resources are text, also those that were numbers", async () => {
    const jobId = await submit(noop({}, {}, { Resources: { CPU: 0.5, Memory: 1_048_576 } }));
    expect(await jobOf(jobId)).toMatchObject({
      Tasks: [{ Resources: { CPU: "0.5", Memory: "1048576" } }],
    });
  });

  test.each([{}, { Type: "" }, { Type: "", Params: {} }, null])(
    "a publisher of %j is none, and the node's own default is used",
    async (publisher) => {
      const { status, body } = await put(noop({}, {}, { Publisher: publisher }));
      expect([status, body]).toEqual([200, accepted]);
    },
  );

  test("what a fetched document says of ID, State, Version and times is no wish", async () => {
    const jobId = await submit(noop({ Stdout: "once\n" }));
    const fetched = JSON.parse((await send("GET", `${JOBS}/${jobId}`)).text) as { Job: object };
    const again = await put(fetched.Job);
    expect([again.status, again.body]).toEqual([
      409,
      expect.objectContaining({ Code: "requester/unchanged" }),
    ]);
    const changed = await put({ ...fetched.Job, Priority: 1 });
    expect([changed.status, changed.body]).toEqual([200, { ...accepted, JobID: jobId }]);
    expect(await jobOf(jobId)).toMatchObject({ Version: 2, Priority: 1 });
  });

  test("an absent Count, and 0, are 1, and Count: N is N partitions", async () => {
    const one = await submit(noop());
    expect(await jobOf(one)).toMatchObject({ Count: 1 });
    // Clients in Go say 0 for what isn't there.
    const zero = await submit(noop({}, { Count: 0 }));
    expect(await jobOf(zero)).toMatchObject({ Count: 1 });
    const three = await submit(noop({}, { Count: 3 }));
    expect(await jobOf(three)).toMatchObject({ Count: 3 });
  });

  test.each(["ops", "daemon", "service"])("a job of type %s is refused by name", async (type) => {
    const { status, body } = await put({ ...noop(), Type: type });
    const state = `"${type}" is not supported yet`;
    expect([status, body]).toEqual([400, refusal("Type", state, 'Use "batch".')]);
  });

  test("an absent Type is batch", async () => {
    const { Tasks } = noop();
    expect(await jobOf(await submit({ Tasks }))).toMatchObject({ Type: "batch" });
  });

  test("exactly one task is taken", async () => {
    const [task] = noop().Tasks;
    const none = await put({ ...noop(), Tasks: [] });
    const hint = "Correct Tasks in the job document.";
    expect([none.status, none.body]).toEqual([400, refusal("Tasks", "must name one task", hint)]);
    const two = await put({ ...noop(), Tasks: [task, task] });
    expect([two.status, two.body]).toEqual([400, refusal("Tasks", "must name only one task", hint)]);
  });

  test.each([
    [
      "Engine",
      { Engine: { Type: "fortran" } },
      "Tasks[0].Engine.Type",
      'unknown engine "fortran"',
      "Use docker, wasm or noop.",
    ],
    [
      "Source",
      { InputSources: [{ Source: { Type: "tape" }, Target: "/in" }] },
      "Tasks[0].InputSources[0].Source.Type",
      'unknown source "tape"',
      expect.stringMatching(/^Use ipfs, inline, urlDownload/),
    ],
    [
      "Network",
      { Network: { Type: "carrier-pigeon" } },
      "Tasks[0].Network.Type",
      'unknown network "carrier-pigeon"',
      "Use None, HTTP or Full.",
    ],
  ])("an unknown %s is refused by name", async (_kind, moreOfTask, field, state, hint) => {
    const { status, body } = await put(noop({}, {}, moreOfTask));
    expect([status, body]).toEqual([400, refusal(field, state, hint as string)]);
  });

  test.each(["None", "none", "HTTP", "Full", "Host", "Bridge", "Default", ""])(
    "a network of type %j is taken",
    async (type) => {
      const { status } = await put(noop({}, {}, { Network: { Type: type, Domains: ["example.com"] } }));
      expect(status).toBe(200);
    },
  );
});

describe("constraints", () => {
  const label = "contract-test/zone";
  test.each([
    ["in", ["a", "b"], false],
    ["notin", ["a", "b"], true],
    ["=", ["a"], false],
    ["==", ["a"], false],
    ["!=", ["a"], true],
    ["exists", [], false],
    ["!", [], true],
    ["gt", ["3"], false],
    ["lt", ["3"], false],
  ])("the operator %s is known: a node without the label %j", async (operator, values, holds) => {
    const constraint = { Key: label, Operator: operator, Values: values };
    const jobId = await submit(noop({}, { Constraints: [constraint] }));
    const placement = (await get(`${JOBS}/${jobId}/placement`)) as { Nodes: { Reason: string }[] };
    const refused = placement.Nodes.filter(({ Reason }) => Reason.includes(label));
    expect(refused.length > 0).toBe(!holds);
    await send("DELETE", `${JOBS}/${jobId}`);
  });

  test("any other operator is refused by name", async () => {
    const { status, body } = await put(
      noop({}, { Constraints: [{ Key: "a", Operator: "like", Values: ["b"] }] }),
    );
    expect(status).toBe(400);
    expect(body).toMatchObject({
      Code: "protocol/invalid-document",
      Details: { Field: "Constraints[0].Operator" },
    });
  });
});
