import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { describe, expect, inject, test } from "vitest";
import { modulePath } from "../compile-modules.ts";
import { JOBS } from "./contract-jobs.ts";
import { type Decoded, decodeAs } from "./go-decode.ts";
import { commandDocument, GoCommand } from "./go-command.ts";
import { send } from "./raw-http.ts";

const bacalhau = new GoCommand();
const state = (job: Decoded): unknown => (job["State"] as Decoded)["StateType"];
const noop = (params: object = { Stdout: "hello\n" }) => commandDocument({ Type: "noop", Params: params });
const items = (page: Decoded): readonly Decoded[] => page["Items"] as Decoded[];

/** What a client prints of the frames, by the way that each goes. */
function printed(frames: readonly unknown[]): { readonly stdout: string; readonly stderr: string } {
  const lines = frames.map((frame) => decodeAs("LogFrame", JSON.stringify(frame)));
  expect(lines.map((line) => line["error"])).toEqual(lines.map(() => undefined));
  const of = (type: number): string =>
    lines
      .flatMap(({ value }) => ((value as Decoded)["Type"] === type ? [(value as Decoded)["Line"]] : []))
      .join("");
  return { stdout: of(1), stderr: of(2) };
}

/** An archive, as the command makes one of a file or folder. */
function gzippedTar(files: Readonly<Record<string, Uint8Array>>): Buffer {
  const folder = mkdtempSync(join(tmpdir(), "gadus-archive-"));
  try {
    for (const [path, bytes] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), bytes);
    }
    const names = new Set(Object.keys(files).map((path) => path.split("/")[0] ?? ""));
    return execFileSync("tar", ["-cz", "-C", folder, ...names]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function archiveUrl(archive: Buffer): string {
  return `data:application/gzip;base64,${archive.toString("base64")}`;
}

/** A job as `bacalhau job run` has it from a file, run to its end. */
async function ran(job: object): Promise<string> {
  const jobId = await bacalhau.submit(job);
  expect(state((await bacalhau.followProgress(jobId)).job)).toBe("Completed");
  return jobId;
}

describe.concurrent("Bacalhau's command, as it is", () => {
  test("job run submits, polls history until its token is empty, and asks how the job ended", async () => {
    const jobId = await bacalhau.submit(noop());
    const { events, job } = await bacalhau.followProgress(jobId);
    expect(state(job)).toBe("Completed");
    expect(events.map(({ SeqNum }) => SeqNum)).toEqual([...new Set(events.map(({ SeqNum }) => SeqNum))]);
    expect(events.at(-1)).toMatchObject({ Type: "JobLevel", Event: { Topic: "job/completed" } });
    const all = await bacalhau.get("ListExecutions", `${JOBS}/${jobId}/executions`);
    expect(items(all).map(({ ComputeState }) => (ComputeState as Decoded)["StateType"])).toContain(9);
  });

  test("job run of a job that can't run says why", async () => {
    const jobId = await bacalhau.submit(
      commandDocument(
        { Type: "noop", Params: { DurationMs: 600_000 } },
        {},
        {
          Timeouts: { ExecutionTimeout: 1, TotalTimeout: 60 },
        },
      ),
    );
    const { events, job } = await bacalhau.followProgress(jobId);
    expect(state(job)).toBe("Failed");
    const reason = (job["State"] as Decoded)["Message"];
    expect(reason).toMatch(/./);
    // Of events that don't say that they are errors, it prints none of a job after the first.
    const printed = events.filter(
      ({ Event }) => ((Event as Decoded)["Details"] as Decoded)["IsError"] === "true",
    );
    expect(printed.map(({ Event }) => (Event as Decoded)["Topic"])).toEqual([
      "execution/failed",
      "job/failed",
    ]);
    expect(printed.at(-1)).toMatchObject({ Event: { Message: reason } });
  });

  test("job run of a job that no node can run says why", async () => {
    const nowhere = { Constraints: [{ Key: "no-node-has-this", Operator: "exists", Values: [] }] };
    const waits = { Timeouts: { QueueTimeout: 1 } };
    const jobId = await bacalhau.submit(commandDocument({ Type: "noop", Params: {} }, nowhere, waits));
    const { events, job } = await bacalhau.followProgress(jobId);
    expect(state(job)).toBe("Failed");
    expect(events.at(-1)).toMatchObject({
      Type: "JobLevel",
      Event: {
        Topic: "job/failed",
        Message: expect.stringMatching(/no-node-has-this/),
        Details: expect.objectContaining({ IsError: "true" }),
      },
    });
  });

  test("job run of what is refused prints the envelope's message", async () => {
    const service = commandDocument({ Type: "noop", Params: {} }, { Type: "service" });
    await expect(bacalhau.submit(service)).rejects.toThrow(
      '400: Cannot take Type: "service" is not supported yet',
    );
  });

  test("job run --dry-run diffs", async () => {
    const answer = await bacalhau.write("Diffed", "PUT", `${JOBS}/diff`, { Job: noop() });
    expect(answer["Diff"]).toContain('+Tasks[0].Engine.Type: "noop"\n');
  });

  test("wasm run sends the module inline as an input, and names the path that it is put to", async () => {
    const bytes = readFileSync(modulePath("both"));
    const url = `data:application/wasm;base64,${bytes.toString("base64")}`;
    const source = { Type: "inline", Params: { URL: url } };
    const engine = {
      Type: "wasm",
      Params: {
        EntryModule: "/app/main.wasm",
        Entrypoint: "_start",
        Parameters: [],
        ImportModules: [],
        EnvironmentVariables: {},
      },
    };
    const inputs = { InputSources: [{ Source: source, Alias: "", Target: "/app/main.wasm" }] };
    const jobId = await ran(commandDocument(engine, {}, inputs));
    const frames = await (await bacalhau.logs(jobId, "")).rest();
    expect(printed(frames)).toEqual({ stdout: "out\nrest", stderr: "err\n" });
  });

  test("wasm run of a file sends it in an archive, and names what it is mounted at without a leading slash", async () => {
    const URL = archiveUrl(gzippedTar({ "hello.wasm": readFileSync(modulePath("hello")) }));
    const engine = { Type: "wasm", Params: { EntryModule: "main.wasm", Entrypoint: "_start" } };
    const inputs = {
      InputSources: [{ Source: { Type: "inline", Params: { URL } }, Alias: "", Target: "main.wasm" }],
    };
    const jobId = await ran(commandDocument(engine, {}, inputs));
    expect(printed(await (await bacalhau.logs(jobId, "")).rest()).stdout).toBe("Hello, world!\n");
  });

  test("wasm run of a file, by 1.6 and before, sends it in an archive that is its alias, too", async () => {
    const URL = archiveUrl(gzippedTar({ "hello.wasm": readFileSync(modulePath("hello")) }));
    const entry = { Source: { Type: "inline", Params: { URL } }, Alias: URL, Target: "" };
    const engine = { Type: "wasm", Params: { EntryModule: entry, Entrypoint: "_start" } };
    const jobId = await ran(commandDocument(engine));
    expect(printed(await (await bacalhau.logs(jobId, "")).rest()).stdout).toBe("Hello, world!\n");
  });

  test("a folder that is sent in an archive is there as a folder", async () => {
    const URL = archiveUrl(
      gzippedTar({ input: Buffer.from("of the folder"), "deep/b.txt": Buffer.from("b") }),
    );
    const module = archiveUrl(gzippedTar({ "copy.wasm": readFileSync(modulePath("copy")) }));
    const engine = { Type: "wasm", Params: { EntryModule: "main.wasm" } };
    const task = {
      InputSources: [
        { Source: { Type: "inline", Params: { URL: module } }, Target: "main.wasm" },
        { Source: { Type: "inline", Params: { URL } }, Target: "/in" },
      ],
      ResultPaths: [{ Name: "outputs", Path: "outputs" }],
    };
    const jobId = await ran(commandDocument(engine, {}, task));
    const copied = await send("GET", `${JOBS}/${jobId}/results/download.tar.gz?path=outputs/copy`);
    expect(copied.text).toBe("of the folder");
  });

  test("an archive that is none, or leads out of its folder, is refused by its field", async () => {
    const renamed = gunzipSync(gzippedTar({ "aa/evil": Buffer.from("x") }));
    renamed.write("../evil", 0, "latin1");
    renamed.write("        ", 148, "latin1");
    const sum = renamed.subarray(0, 512).reduce((total, byte) => total + byte, 0);
    renamed.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
    for (const [url, why] of [
      [archiveUrl(Buffer.from("no gzip")), /Source.Params.URL: Cannot unpack the archive/],
      [archiveUrl(gzipSync("no tar".repeat(200))), /Source.Params.URL: Cannot unpack the archive/],
      [archiveUrl(gzipSync(renamed)), /no path inside it/],
    ] as const) {
      const source = { Type: "inline", Params: { URL: url } };
      const inputs = { InputSources: [{ Source: source, Target: "/inputs" }] };
      const job = commandDocument({ Type: "noop", Params: {} }, {}, inputs);
      await expect(bacalhau.submit(job)).rejects.toThrow(why);
    }
  });

  test("wasm run of an older client gives the module as a source of its own", async () => {
    const bytes = readFileSync(modulePath("hello"));
    const source = { Type: "inline", Params: { URL: `data:;base64,${bytes.toString("base64")}` } };
    const engine = {
      Type: "wasm",
      Params: {
        EntryModule: { Source: source, Alias: "", Target: "" },
        Entrypoint: "_start",
        Parameters: null,
        ImportModules: null,
        EnvironmentVariables: null,
      },
    };
    const jobId = await ran(commandDocument(engine));
    expect(printed(await (await bacalhau.logs(jobId, "")).rest())).toEqual({
      stdout: "Hello, world!\n",
      stderr: "",
    });
  });

  test("job list asks for ten jobs that aren't canaries, and for the next with the token", async () => {
    await ran(noop());
    await ran(noop());
    const query = "limit=1&labels=bacalhau_canary%21%3Dtrue";
    const page = await bacalhau.get("ListJobs", `${JOBS}?${query}&order_by=created_at`);
    expect(items(page)).toHaveLength(1);
    const next = encodeURIComponent(page["NextToken"] as string);
    const second = await bacalhau.get("ListJobs", `${JOBS}?${query}&order_by=created_at&next_token=${next}`);
    expect(items(second)[0]?.["ID"]).not.toBe(items(page)[0]?.["ID"]);
    const all = await bacalhau.get("ListJobs", `${JOBS}?limit=1000&namespace=%2A`);
    expect(items(all).length).toBeGreaterThan(1);
  });

  test("job describe asks for executions and history too", async () => {
    const jobId = await ran(noop());
    const answer = await bacalhau.get("GetJob", `${JOBS}/${jobId}?include=executions%2Chistory`);
    expect(answer).toMatchObject({
      Job: { ID: jobId, Type: "batch", Count: 1, Namespace: "default" },
      Executions: { Items: expect.arrayContaining([expect.objectContaining({ JobID: jobId })]) },
      History: { Items: expect.arrayContaining([expect.objectContaining({ JobID: jobId })]), NextToken: "" },
    });
    const short = await bacalhau.get("GetJob", `${JOBS}/${jobId.slice(0, 10)}?include=executions%2Chistory`);
    expect(short["Job"]).toMatchObject({ ID: jobId });
  });

  test("job executions and job history page", async () => {
    const jobId = await ran(noop());
    for (const [name, path] of [
      ["ListExecutions", "executions"],
      ["ListHistory", "history"],
    ] as const) {
      const page = await bacalhau.get(name, `${JOBS}/${jobId}/${path}?limit=20`);
      expect(items(page).length).toBeGreaterThan(1);
      const one = await bacalhau.get(name, `${JOBS}/${jobId}/${path}?limit=1`);
      expect([items(one).length, one["NextToken"]]).toEqual([1, expect.stringMatching(/./)]);
    }
    const ofJob = await bacalhau.get("ListHistory", `${JOBS}/${jobId}/history?event_type=job&limit=20`);
    expect(new Set(items(ofJob).map(({ Type }) => Type))).toEqual(new Set(["JobLevel"]));
  });

  test("docker run --follow and job logs --follow wait until the job is Pending no more, and print to its end", async () => {
    const jobId = await bacalhau.submit(noop({ Stdout: "one\ntwo\n", DurationMs: 700 }));
    const logs = await bacalhau.followLogs(jobId);
    expect(printed(await logs.rest())).toEqual({ stdout: "one\ntwo\n", stderr: "" });
    expect(await logs.closed).toEqual({ code: 1000, reason: "" });
    expect(state((await bacalhau.followProgress(jobId)).job)).toBe("Completed");
  });

  test("job logs prints what an ended job has printed, and --tail its last lines", async () => {
    const jobId = await ran(noop({ Stdout: "one\ntwo\n" }));
    const all = await bacalhau.logs(jobId, "");
    expect(printed(await all.rest()).stdout).toBe("one\ntwo\n");
    expect((await all.closed).code).toBe(1000);
    const follow = await bacalhau.logs(jobId, "?follow=true&tail=true");
    expect(printed(await follow.rest()).stdout).toBe("one\ntwo\n");
  });

  test("job get fetches what is published with ipfs from the requester, and unpacks it", async () => {
    const jobId = await ran(noop({ Stdout: "results\n" }));
    const results = items(await bacalhau.get("ListResults", `${JOBS}/${jobId}/results`));
    expect(results).toEqual([
      {
        Type: "urlDownload",
        Params: { URL: expect.stringMatching(/\.tar\.gz$/), CID: expect.stringMatching(/^baf/) },
      },
    ]);
    const { URL: url = "" } = (results[0]?.["Params"] ?? {}) as { readonly URL?: string };
    const { api } = inject("network");
    expect(url.startsWith(`${api}/results/`)).toBe(true);
    const archive = await fetch(url);
    expect([archive.status, archive.headers.get("content-type")]).toEqual([200, "application/gzip"]);
    const tar = gunzipSync(Buffer.from(await archive.arrayBuffer())).toString("latin1");
    expect(tar).toContain("stdout");
    expect(tar).toContain("results\n");
  });

  test("job get of what is published over HTTP fetches the archive from where it is, and unpacks it", async () => {
    const local = { Publisher: { Type: "local", Params: {} } };
    const jobId = await ran(commandDocument({ Type: "noop", Params: { Stdout: "a & b\n" } }, {}, local));
    const [item] = items(await bacalhau.get("ListResults", `${JOBS}/${jobId}/results`));
    expect(item).toMatchObject({ Type: "urlDownload", Params: { URL: expect.any(String) } });
    const { URL: url = "" } = (item?.["Params"] ?? {}) as { readonly URL?: string };
    expect(new URL(url).pathname).toMatch(/\.tar\.gz$/);
    const archive = await fetch(url);
    expect(archive.status).toBe(200);
    const tar = gunzipSync(Buffer.from(await archive.arrayBuffer())).toString("latin1");
    expect(tar).toContain("a & b\n");
  });

  test("job stop looks at the job first, and then deletes with a reason in the body", async () => {
    const jobId = await bacalhau.submit(noop({ DurationMs: 600_000 }));
    expect(["Pending", "Queued", "Running"]).toContain(state(await bacalhau.describe(jobId)));
    const reason = { reason: "Stopped at user request" };
    const stopped = await bacalhau.write("StopJob", "DELETE", `${JOBS}/${jobId}`, reason);
    expect(stopped["EvaluationID"]).toMatch(/./);
    const { job } = await bacalhau.followProgress(jobId);
    expect(job["State"]).toMatchObject({ StateType: "Stopped", Message: "Stopped at user request" });
  });

  test("job rerun runs the job again, and follows the version that it was told of", async () => {
    const jobId = await ran(noop());
    const fields = { JobVersion: 0, Reason: "" };
    const again = await bacalhau.write("Rerun", "PUT", `${JOBS}/${jobId}/rerun`, fields);
    expect(again).toMatchObject({ JobID: jobId, JobVersion: 2n });
    const { events, job } = await bacalhau.followProgress(jobId, 2n);
    expect([state(job), job["Version"]]).toEqual(["Completed", 2n]);
    expect(new Set(events.map(({ JobVersion }) => JobVersion))).toEqual(new Set([2n]));
  });

  test("job versions lists each version with its time", async () => {
    const jobId = await ran(noop());
    const { Items } = await bacalhau.get("ListJobs", `${JOBS}/${jobId}/versions`);
    expect(Items).toMatchObject([{ ID: jobId, Version: 1n, ModifyTime: expect.any(BigInt) }]);
  });

  test("job describe into job run takes a fetched document as it was", async () => {
    const jobId = await ran(noop());
    const fetched = JSON.parse((await send("GET", `${JOBS}/${jobId}`)).text) as { Job: object };
    await expect(bacalhau.submit(fetched.Job)).rejects.toThrow(/^409: /);
  });

  test("node list asks with labels, and finds what it prints of each node", async () => {
    const { Nodes } = await bacalhau.get("ListNodes", "/api/v1/orchestrator/nodes?labels=zone%21%3Da");
    const nodes = Nodes as { Info: { NodeType: string; ComputeNodeInfo?: Decoded } }[];
    expect(nodes).toHaveLength(4);
    for (const { Info } of nodes.filter(({ Info: { NodeType } }) => NodeType === "Compute"))
      expect(Info.ComputeNodeInfo).toMatchObject({
        ExecutionEngines: expect.arrayContaining(["noop"]),
        AvailableCapacity: { CPU: expect.any(Number), Memory: expect.any(BigInt), GPU: 0n },
        address: expect.stringMatching(/./),
      });
    for (const filter of [
      "filter-approval=approved",
      "filter-status=connected",
      "order_by=available_cpu&limit=2",
    ])
      expect((await bacalhau.get("ListNodes", `/api/v1/orchestrator/nodes?${filter}`))["Nodes"]).not.toEqual(
        [],
      );
  });

  test("node describe, approve, reject and delete", async () => {
    const { nodeId = "" } = inject("network").nodes[1] ?? {};
    const path = `/api/v1/orchestrator/nodes/${nodeId}`;
    expect((await bacalhau.get("GetNode", path))["Node"]).toMatchObject({
      Info: { NodeID: nodeId },
      Membership: "APPROVED",
      ConnectionState: { Status: "CONNECTED" },
    });
    const act = (Action: string) =>
      bacalhau.write("PutNode", "PUT", path, { Action, Message: "", NodeID: nodeId });
    expect(await act("approve")).toEqual({ Success: true, Error: "" });
    expect(await act("delete")).toEqual({ Success: false, Error: expect.stringMatching(/connected/) });
  });

  test("agent alive, version, node and config", async () => {
    expect(await bacalhau.get("IsAlive", "/api/v1/agent/alive")).toEqual({ Status: "OK" });
    expect(await bacalhau.get("BuildVersion", "/api/v1/agent/version")).toMatchObject({
      GitVersion: expect.stringMatching(/^v\d+\.\d+\.\d+$/),
    });
    expect(await bacalhau.get("NodeInfo", "/api/v1/agent/node")).toMatchObject({ NodeType: "Requester" });
    expect(await bacalhau.get("AgentConfig", "/api/v1/agent/config")).toHaveProperty("config");
  });

  test("what isn't there is an envelope that it prints, with its hint", async () => {
    await expect(bacalhau.describe("j-none")).rejects.toThrow('404: Cannot find job "j-none"');
    await expect(bacalhau.get("GetNode", "/api/v1/orchestrator/nodes/n-none")).rejects.toThrow("404: ");
  });
});
