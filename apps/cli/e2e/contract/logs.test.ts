import { describe, expect, test } from "vitest";
import { wasmJob } from "../jobs.ts";
import { executionsOf, JOBS, noop, run, submit, untilOver, untilState } from "./contract-jobs.ts";
import { openLogs } from "./log-stream.ts";
import { REQUEST_ID, send } from "./raw-http.ts";

const STDOUT = 1;
const STDERR = 2;
const line = (Line: string, Type = STDOUT) => ({ value: { Type, Line } });
const END = { code: 1000, reason: "" };

describe("GET /orchestrator/jobs/:id/logs", () => {
  test("is a WebSocket of text frames {value: {Type, Line}}: 1 is stdout, 2 stderr, each line with its end", async () => {
    const jobId = await run(wasmJob("both"));
    const logs = await openLogs(`${JOBS}/${jobId}/logs`);
    const frames = await logs.rest();
    expect(frames).toHaveLength(3);
    expect(frames).toEqual(expect.arrayContaining([line("out\n"), line("err\n", STDERR), line("rest")]));
    expect(await logs.closed).toEqual(END);
  });

  test.each([
    "",
    "?follow=true",
    "?follow=false",
    "?tail=false",
    "?follow=True&tail=False",
    "?namespace=default",
  ])("of a job that has ended replays from the start, and closes with 1000: %s", async (query) => {
    const jobId = await run(noop({ Stdout: "one\ntwo\n" }));
    const logs = await openLogs(`${JOBS}/${jobId}/logs${query}`);
    expect(await logs.rest()).toEqual([line("one\n"), line("two\n")]);
    expect(await logs.closed).toEqual(END);
  });

  test("with follow shows a running job's lines as they come, and ends with the job", async () => {
    const jobId = await submit(noop({ Stdout: "first\nlast\n", DurationMs: 1500 }));
    const logs = await openLogs(`${JOBS}/${jobId}/logs?follow=true`);
    expect(await logs.next()).toEqual(line("first\n"));
    await expect(executionsOf(jobId)).resolves.toEqual(
      expect.arrayContaining([
        expect.objectContaining({ ComputeState: expect.objectContaining({ StateType: 6 }) }),
      ]),
    );
    expect(await logs.rest()).toEqual([line("last\n")]);
    expect(await logs.closed).toEqual(END);
    await untilOver(jobId);
  });

  test("without follow shows what a running job has printed so far, and closes", async () => {
    const jobId = await submit(noop({ Stdout: "here\n", DurationMs: 600_000 }));
    const following = await openLogs(`${JOBS}/${jobId}/logs?follow=true`);
    expect(await following.next()).toEqual(line("here\n"));
    const logs = await openLogs(`${JOBS}/${jobId}/logs`);
    expect(await logs.rest()).toEqual([line("here\n")]);
    expect(await logs.closed).toEqual(END);
    await send("DELETE", `${JOBS}/${jobId}`);
    await following.rest();
    expect(await following.closed).toEqual(END);
  });

  test("execution_id shows one execution's lines", async () => {
    const jobId = await run(noop({ Stdout: "each\n" }, { Deal: { Concurrency: 2 } }));
    const both = await openLogs(`${JOBS}/${jobId}/logs`);
    expect(await both.rest()).toEqual([line("each\n"), line("each\n")]);
    const ran = (await executionsOf(jobId)).filter(({ ComputeState }) => "CID" in ComputeState.Details);
    const one = await openLogs(`${JOBS}/${jobId}/logs?execution_id=${ran[0]?.ID}`);
    expect(await one.rest()).toEqual([line("each\n")]);
  });

  test("tail=true shows the last ten lines, and a number that many", async () => {
    const lines = Array.from({ length: 25 }, (_, index) => `line ${index + 1}\n`);
    const jobId = await run(noop({ Stdout: lines.join("") }));
    const tail = async (value: string) => (await openLogs(`${JOBS}/${jobId}/logs?tail=${value}`)).rest();
    expect(await tail("true")).toEqual(lines.slice(-10).map((text) => line(text)));
    expect(await tail("3")).toEqual(lines.slice(-3).map((text) => line(text)));
  });

  test("what is wrong with a request is answered before the upgrade, with the envelope of errors", async () => {
    const plain = await send("GET", `${JOBS}/${await run(noop())}/logs`);
    expect([plain.status, plain.body, plain.headers.upgrade]).toEqual([
      426,
      expect.objectContaining({ Status: 426, RequestID: REQUEST_ID, Code: "node/upgrade-required" }),
      "websocket",
    ]);
    await expect(openLogs(`${JOBS}/j-none/logs`)).rejects.toThrow(/not opened/);
    expect(await send("GET", `${JOBS}/j-none/logs`)).toMatchObject({
      status: 404,
      body: { Code: "requester/unknown-job" },
    });
  });

  test("an execution that isn't there is told of in a frame with error", async () => {
    const jobId = await run(noop());
    const logs = await openLogs(`${JOBS}/${jobId}/logs?execution_id=e-none`);
    expect(await logs.rest()).toEqual([
      { value: { Type: 0, Line: "" }, error: expect.stringMatching(/e-none/) },
    ]);
    expect(await logs.closed).toEqual(END);
  });

  test("a client that goes leaves the job running", async () => {
    const jobId = await submit(noop({ Stdout: "x\n", DurationMs: 600_000 }));
    await untilState(jobId, 6);
    const logs = await openLogs(`${JOBS}/${jobId}/logs?follow=true`);
    logs.close();
    expect((await logs.closed).code).toBe(1000);
    expect((await untilState(jobId, 6)).ComputeState.StateType).toBe(6);
    await send("DELETE", `${JOBS}/${jobId}`);
  });
});
