import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type DevnetReady, GADUS, gadus, type Running, startDevnet, succeeded } from "./gadus.ts";
import { HELLO, runToEnd, submit, waitForEnd, wasmJob } from "./jobs.ts";

let net: Running<DevnetReady>;
beforeAll(async () => {
  net = await startDevnet("--compute", "2");
});
afterAll(async () => {
  await net.end();
});

const logs = (...args: readonly string[]) => gadus(["job", "logs", ...args], { api: net.ready.api });
const noop = (params: object, more: object = {}) => ({
  Type: "batch",
  ...more,
  Tasks: [{ Name: "main", Engine: { Type: "noop", Params: params } }],
});

describe("gadus job logs", () => {
  test("prints what a job printed, each line after its execution where there are several", async () => {
    const { Job, Executions } = await runToEnd(net.ready.api, wasmJob("hello", { Deal: { Concurrency: 2 } }));
    const all = succeeded(await logs(Job.ID));
    const ids = (Executions?.Items ?? []).map(({ ID }) => ID);
    expect(ids).toHaveLength(2);
    const lines = ids.map((id) => `${id.slice(0, 10)} ${HELLO}`);
    expect(all.stdout.split(/(?<=\n)/).sort()).toEqual(lines.sort());
    const [first = ""] = ids;
    expect(succeeded(await logs(Job.ID, "--execution", first, "--follow")).stdout).toBe(HELLO);
    const json = succeeded(await logs(Job.ID, "--execution", first, "--output", "json")).stdout;
    expect(JSON.parse(json)).toEqual({
      Execution: first,
      Node: expect.stringMatching(/^12D3KooW/),
      Stream: "stdout",
      Line: HELLO,
    });
  });

  test("follows a job as it prints, until it has ended", async () => {
    const { body } = await submit(net.ready.api, noop({ Stdout: "one\ntwo\n", DurationMs: 1500 }));
    const jobId = String(body.JobID);
    const child = spawn(GADUS, ["job", "logs", jobId, "-f", "--api", net.ready.api]);
    const exited = once(child, "exit");
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
    expect((await lines.next()).value).toBe("one");
    const { stdout } = succeeded(await logs(jobId, "--tail", "1"));
    expect(stdout).toBe("two\n");
    expect((await lines.next()).value).toBe("two");
    expect(await exited).toEqual([0, null]);
    await waitForEnd(net.ready.api, jobId);
  });

  test("ends on Ctrl-C with exit code 130, and the job goes on", async () => {
    const { body } = await submit(net.ready.api, noop({ Stdout: "here\n", DurationMs: 600_000 }));
    const jobId = String(body.JobID);
    const child = spawn(GADUS, ["job", "logs", jobId, "-f", "--api", net.ready.api]);
    const exited = once(child, "exit");
    await once(child.stdout, "data");
    child.kill("SIGINT");
    expect(await exited).toEqual([130, null]);
    succeeded(await gadus(["job", "stop", jobId], { api: net.ready.api }));
  });

  test("says what isn't there with exit code 4, and what can't be reached with 3", async () => {
    expect(await logs("j-none")).toMatchObject({ exitCode: 4, stdout: "" });
    const { Job } = await runToEnd(net.ready.api, noop({ Stdout: "x" }));
    const none = await logs(Job.ID, "--execution", "e-none");
    expect(none).toMatchObject({ exitCode: 4, stderr: expect.stringContaining("gadus job executions") });
    expect((await logs(Job.ID, "--tail", "many")).exitCode).toBe(2);
    expect((await gadus(["job", "logs", Job.ID], { api: "http://127.0.0.1:1" })).exitCode).toBe(3);
  });
});
