import { describe, expect, inject, test } from "vitest";
import { gadus, succeeded } from "../gadus.ts";
import { JOBS, noop } from "./contract-jobs.ts";
import { get, send } from "./raw-http.ts";

const put = (job: object) => send("PUT", JOBS, { body: { Job: job } });
const api = (): string => inject("network").api;

const YAML = `
name: from-a-file
type: batch
count: 2
labels:
  team: cod
tasks:
  - name: main
    engine:
      type: noop
      params:
        Stdout: "yaml\\n"
    publisher:
      type: ipfs
    resources:
      cpu: 0.25
      memory: 16Mb
    timeouts:
      executionTimeout: 60
`;

describe("a job file", () => {
  test("in YAML, keys in any letter case, is what the same in JSON is", async () => {
    const json = {
      Name: "from-a-file",
      Type: "batch",
      Count: 2,
      Labels: { team: "cod" },
      Tasks: [
        {
          Name: "main",
          Engine: { Type: "noop", Params: { Stdout: "yaml\n" } },
          Publisher: { Type: "ipfs" },
          Resources: { CPU: "0.25", Memory: "16Mb" },
          Timeouts: { ExecutionTimeout: 60 },
        },
      ],
    };
    const args = ["job", "run", "-", "--detach", "--quiet"];
    const jobId = succeeded(await gadus(args, { api: api(), input: YAML })).stdout.trim();
    expect(await get(`${JOBS}/${jobId}`)).toMatchObject({ Job: json });
    expect(await put(json)).toMatchObject({ status: 409, body: { Code: "requester/unchanged" } });
  });

  test("with unknown keys is warned of by gadus job validate, and taken", async () => {
    const input = JSON.stringify({ ...noop(), Colour: "red" });
    const { exitCode, stdout, stderr } = await gadus(["job", "validate", "-"], { input });
    expect(exitCode).toBe(0);
    expect(`${stdout}${stderr}`).toContain("Colour is not a field of a job document; it was ignored");
  });
});

describe("of the kinds of things", () => {
  test.each([
    ["ipfs", { CID: "bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi" }],
    ["inline", { URL: "data:,hi" }],
  ])("an input of type %s is taken", async (Type, Params) => {
    const job = noop({}, {}, { InputSources: [{ Source: { Type, Params }, Target: "/in" }] });
    const { status, body } = await put(job);
    expect(status).toBe(200);
    await send("DELETE", `${JOBS}/${(body as { JobID: string }).JobID}`);
  });

  test.each([
    ["ipfs", {}, "CID"],
    ["inline", {}, "URL"],
    ["inline", { URL: "https://example.com" }, "URL"],
    ["urlDownload", { URL: "ftp://example.com/x" }, "URL"],
    ["localDirectory", {}, "SourcePath"],
    ["local", { SourcePath: "../up" }, "SourcePath"],
  ])("an input of type %s with %j is refused by the name of its parameter", async (Type, Params, name) => {
    const { status, body } = await put(
      noop({}, {}, { InputSources: [{ Source: { Type, Params }, Target: "/in" }] }),
    );
    expect([status, body]).toEqual([
      400,
      expect.objectContaining({ Details: { Field: `Tasks[0].InputSources[0].Source.Params.${name}` } }),
    ]);
  });

  test.each(["docker", "wasm", "noop"])("an engine of type %s is known", async (Type) => {
    const { body } = await put({
      Type: "batch",
      Tasks: [{ Name: "main", Engine: { Type, Params: { Bad: 1 } } }],
    });
    expect((body as { Message?: string }).Message ?? "").not.toContain("unknown engine");
  });

  test("wasm without its module, and docker without its image, are refused by the name of the parameter", async () => {
    for (const [Type, name] of [
      ["wasm", "EntryModule"],
      ["docker", "Image"],
    ]) {
      const { status, body } = await put({ Tasks: [{ Engine: { Type, Params: {} } }] });
      expect([status, body]).toEqual([
        400,
        expect.objectContaining({ Details: { Field: `Tasks[0].Engine.Params.${name}` } }),
      ]);
    }
  });

  test("a module that no input puts there is refused by name", async () => {
    const Engine = { Type: "wasm", Params: { EntryModule: "/none.wasm" } };
    const { status, body } = await put({ Tasks: [{ Engine }] });
    expect([status, body]).toEqual([
      400,
      expect.objectContaining({
        Message:
          'Cannot take Tasks[0].Engine.Params.EntryModule: no input source puts a file at "/none.wasm"',
      }),
    ]);
  });

  test("a publisher that this requester doesn't have is refused by name", async () => {
    const { status, body } = await put(noop({}, {}, { Publisher: { Type: "tape", Params: {} } }));
    expect([status, body]).toEqual([
      400,
      expect.objectContaining({
        Message: 'Cannot take Tasks[0].Publisher.Type: unknown publisher "tape"',
        Hint: expect.stringMatching(/^Use one of .*ipfs/),
      }),
    ]);
  });

  test("explicit Deal and Verifier win over Meta, and both over the node's defaults", async () => {
    const bad = await put(noop({}, { Meta: { "gadus/verifier": "oracle" } }));
    expect(bad).toMatchObject({ status: 400, body: { Details: { Field: "Verifier.Type" } } });
    const { status } = await put(
      noop({}, { Verifier: { Type: "none" }, Meta: { "gadus/verifier": "oracle" } }),
    );
    expect(status).toBe(200);
    const deal = await put(noop({}, { Deal: { Concurrency: 2, Confidence: 3 } }));
    expect(deal).toMatchObject({ status: 400, body: { Code: "protocol/invalid-document" } });
  });

  test("amounts are 500m, 1, 512Mb and 2Gi, and what is none is refused by name", async () => {
    for (const [key, value] of [
      ["CPU", "many"],
      ["Memory", "512 apples"],
      ["Disk", "-1"],
      ["GPU", "x"],
    ] as const) {
      const { status, body } = await put(noop({}, {}, { Resources: { [key]: value } }));
      expect([status, body]).toEqual([
        400,
        expect.objectContaining({ Details: { Field: `Tasks[0].Resources.${key}` } }),
      ]);
    }
  });

  test("timeouts are seconds", async () => {
    const { status, body } = await put(noop({}, {}, { Timeouts: { TotalTimeout: "1h" } }));
    expect([status, body]).toEqual([
      400,
      expect.objectContaining({ Details: { Field: "Tasks[0].Timeouts.TotalTimeout" } }),
    ]);
  });

  test("ports are taken, ignored, and of the shape that clients decode", async () => {
    const ports = async (port: object) => put(noop({}, {}, { Network: { Type: "None", Ports: [port] } }));
    expect((await ports({ Name: "web", Static: 1, Target: 80, HostNetwork: "x" })).status).toBe(200);
    expect(await ports({ Name: 5 })).toMatchObject({
      status: 400,
      body: { Details: { Field: "Tasks[0].Network.Ports[0].Name" } },
    });
  });
});
