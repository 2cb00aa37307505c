import { request } from "node:http";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { json as readJson } from "node:stream/consumers";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type DevnetReady, gadus, isAlive, type Running, startDevnet } from "./gadus.ts";
import { runToEnd, submit, wasmJob } from "./jobs.ts";

/** How many jobs fail, one after another, a few at one time. */
const FAILURES = Number(process.env.GADUS_E2E_FAILURES ?? 100);
const AT_ONE_TIME = 10;
const MISSING_CID = "bafkreifzjut3te7nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e";

const folder = mkdtempSync(join(tmpdir(), "gadus-e2e-"));
let net: Running<DevnetReady>;

beforeAll(async () => {
  net = await startDevnet("--compute", "2");
});
afterEach(async () => {
  const { status } = await fetch(`${net.ready.api}/api/v1/agent/alive`);
  const dead = net.ready.nodes.filter(({ pid }) => !isAlive(pid)).map(({ name }) => name);
  if (status !== 200 || dead.length > 0) throw new Error(`not alive: ${dead.join(", ")}; API: ${status}`);
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await net.end();
});

describe("a job document that is wrong is refused, with the field and the fix", () => {
  test.each([
    [
      "an unknown engine",
      { Engine: { Type: "fortran" } },
      "Tasks[0].Engine.Type",
      /Use docker, wasm or noop/,
    ],
    [
      "a malformed CID",
      { InputSources: [{ Source: { Type: "ipfs", Params: { CID: "bafynonsense" } }, Target: "/in" }] },
      "Tasks[0].InputSources[0].Source.Params.CID",
      /Write a CID/,
    ],
    [
      "a result path outside",
      { ResultPaths: [{ Name: "out", Path: "/../etc" }] },
      "Tasks[0].ResultPaths[0].Path",
      /absolute path below \//,
    ],
  ])("%s", async (_, moreOfTask, field, fix) => {
    const document = wasmJob("hello", {}, moreOfTask);
    const { status, body } = await submit(net.ready.api, document);
    expect(status).toBe(400);
    expect(body).toMatchObject({ Status: 400, Code: "protocol/invalid-document", Details: { Field: field } });
    expect(body.Message).toContain(field);
    expect(body.Hint).toMatch(fix);
    const ended = await gadus(["job", "run", "-"], { api: net.ready.api, input: JSON.stringify(document) });
    expect(ended).toMatchObject({ exitCode: 2, stdout: "" });
    expect(ended.stderr).toContain(field);
    expect(ended.stderr).toMatch(fix);
  });

  test("a document of 100 MB", async () => {
    const body = Buffer.alloc(100 * 1024 * 1024, "x");
    const url = `${net.ready.api}/api/v1/orchestrator/jobs`;
    const headers = { "content-type": "application/json", "content-length": body.length };
    const answer = Promise.withResolvers<{ status: number | undefined; body: unknown }>();
    const sent = request(url, { method: "PUT", headers }, (response) => {
      readJson(response).then(
        (json) => answer.resolve({ status: response.statusCode, body: json }),
        answer.reject,
      );
    });
    // The answer comes before all was sent; what is left then meets a closed connection.
    sent.on("error", () => {});
    sent.end(body);
    expect(await answer.promise).toMatchObject({
      status: 413,
      body: { Code: "node/body-too-large", Hint: /blobs/ },
    });
  });

  test("a document of 30 MB, sent by the command", async () => {
    const file = join(folder, "large.json");
    writeFileSync(file, JSON.stringify({ Type: "batch", Name: "x".repeat(30_000_000) }));
    const { exitCode, stderr } = await gadus(["job", "run", file], { api: net.ready.api });
    expect(stderr).toMatch(/its body is longer than \d+ bytes\n.*blobs/);
    expect(exitCode).toBe(2);
  });

  test("a document that isn't JSON", async () => {
    const response = await fetch(`${net.ready.api}/api/v1/orchestrator/jobs`, {
      method: "PUT",
      headers: { "content-type": "application/json" },
      body: '{"Job": ',
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ Status: 400, Message: /JSON/ });
  });
});

describe("a job that can't run fails, and says why", () => {
  test("a module that isn't WebAssembly", async () => {
    const { Job } = await runToEnd(net.ready.api, wasmJob(Buffer.from("not a module")));
    expect(Job.State).toMatchObject({ StateType: "Failed", Message: /module/i });
  });

  test("an input that nobody has", async () => {
    const source = { Source: { Type: "ipfs", Params: { CID: MISSING_CID } }, Target: "/in" };
    const document = wasmJob("hello", {}, { Timeouts: { TotalTimeout: 90 } });
    const task = (document.Tasks as { InputSources: unknown[] }[])[0]!;
    task.InputSources.push(source);
    const { Job } = await runToEnd(net.ready.api, document);
    expect(Job.State?.StateType).toBe("Failed");
    expect(Job.State?.Message).toContain(MISSING_CID);
  });

  test(
    `${FAILURES} of them leave every node alive, and the next job runs`,
    async () => {
      let left = FAILURES;
      const states = new Set<string | undefined>();
      const submitters = Array.from({ length: AT_ONE_TIME }, async () => {
        while (left > 0) {
          left -= 1;
          const { Job } = await runToEnd(net.ready.api, wasmJob(Buffer.from(`not a module ${left}`)));
          states.add(Job.State?.StateType);
        }
      });
      await Promise.all(submitters);
      expect([...states]).toEqual(["Failed"]);
      expect(net.ready.nodes.filter(({ pid }) => !isAlive(pid))).toEqual([]);
      const { Job } = await runToEnd(net.ready.api, wasmJob("hello"));
      expect(Job.State?.StateType).toBe("Completed");
    },
    60_000 + FAILURES * 2000,
  );
});

describe("gadus says in a line or two what is wrong, and shows no stack", () => {
  const noStack = /\n\s+at /;

  test("a job document that isn't YAML", async () => {
    const file = join(folder, "bad-job.yaml");
    writeFileSync(file, "Type: batch\nTasks: [1,\n");
    const { exitCode, stderr } = await gadus(["job", "run", file], { api: net.ready.api });
    expect(exitCode).toBe(2);
    expect(stderr).toContain(file);
    expect(stderr).toMatch(/not YAML/);
    expect(stderr).not.toMatch(noStack);
  });

  test("a configuration file that isn't YAML", async () => {
    const file = join(folder, "bad.yaml");
    writeFileSync(file, "api:\n  port: [1,\nlog: {}\n");
    const { exitCode, stderr } = await gadus(["serve", "--requester", "--config", file]);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/bad\.yaml:\d+:\d+/);
    expect(stderr).not.toMatch(noStack);
  });

  test("a setting that there isn't", async () => {
    const file = join(folder, "typo.yaml");
    writeFileSync(file, "api:\n  prot: 1234\n");
    const { exitCode, stderr } = await gadus(["serve", "--requester", "--config", file]);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/typo\.yaml:2:3.*\n.*Did you mean api\.port\?/);
  });

  test("a port that is taken", async () => {
    const { port } = new URL(net.ready.api);
    const place = ["--data-dir", join(folder, "taken"), "--listen", "/ip4/127.0.0.1/tcp/0"];
    const { exitCode, stderr } = await gadus(["serve", "--requester", "--api-port", port, ...place]);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(new RegExp(`127\\.0\\.0\\.1:${port}: another program listens there`));
    expect(stderr).toMatch(/--api-port/);
    expect(stderr).not.toMatch(noStack);
  });

  test("no API there", async () => {
    const { exitCode, stderr } = await gadus(["job", "list", "--api", "http://127.0.0.1:9"]);
    expect(exitCode).toBe(3);
    expect(stderr).toMatch(
      /^gadus: Cannot reach http:\/\/127\.0\.0\.1:9: .*is a requester running\?\n.*gadus serve --requester/,
    );
  });

  test.each([
    [["job", "lst"], /Did you mean list\?/],
    [["wasm", "run", "x.wasm", "--concurency", "3"], /Did you mean --concurrency\?/],
    [["devnet", "--compute", "many"], /whole number/],
    [["wasm", "run", "nothing.wasm"], /no file "nothing\.wasm" here/],
  ])("%j", async (args, message) => {
    const { exitCode, stderr } = await gadus(args, { api: net.ready.api });
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(noStack);
  });
});
