import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { modulePath } from "./compile-modules.ts";
import {
  type DevnetReady,
  GADUS,
  gadus,
  isAlive,
  processesGone,
  type Running,
  startDevnet,
  succeeded,
} from "./gadus.ts";
import { HELLO, wasmJob } from "./jobs.ts";

const hello = fileURLToPath(modulePath("hello"));
const copy = fileURLToPath(modulePath("copy"));
const folder = mkdtempSync(join(tmpdir(), "gadus-e2e-"));
let net: Running<DevnetReady>;

beforeAll(async () => {
  net = await startDevnet("--compute", "2");
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await net.end();
});

const run = (...args: readonly string[]): ReturnType<typeof gadus> => gadus(args, { api: net.ready.api });
async function json(...args: readonly string[]): Promise<Record<string, unknown>> {
  const { stdout } = succeeded(await run(...args, "--output", "json"));
  // More than one line would not be JSON.
  return JSON.parse(stdout) as Record<string, unknown>;
}

describe("gadus wasm run", () => {
  test("writes plain lines about its progress in a pipe, and says how to fetch the result", async () => {
    const { stdout, stderr } = succeeded(await run("wasm", "run", hello, "--concurrency", "2"));
    expect(stderr).toMatch(/^Job \S+\n/);
    expect(stderr).toMatch(/asked 2 .*published [12]/);
    expect(stderr + stdout).not.toContain("\u001b");
    expect(stdout).toMatch(/^Job \S+: Completed\nResult: baf\S+\nFetch it with: gadus job get \S+\n$/);
  });

  test("carries a file in and a result out", async () => {
    const input = join(folder, "input.txt");
    writeFileSync(input, "some words\n");
    const dir = join(folder, "copied");
    const ended = await run(
      "wasm",
      "run",
      copy,
      "-i",
      `${input}:/in/input`,
      "-o",
      "out:/outputs",
      "--get",
      dir,
    );
    succeeded(ended);
    expect(readFileSync(join(dir, "exitCode"), "utf8")).toBe("0");
    expect(readFileSync(join(dir, "out", "copy"), "utf8")).toBe("some words\n");
  });

  test("takes a module and an input by CID", async () => {
    const input = join(folder, "by-cid.txt");
    writeFileSync(input, "uploaded\n");
    const [module = "", words = ""] = await Promise.all(
      [copy, input].map(async (file) => (await run("add", "-q", file)).stdout.trim()),
    );
    const dir = join(folder, "by-cid");
    const ended = await run(
      "wasm",
      "run",
      module,
      "-i",
      `ipfs://${words}:/in/input`,
      "-o",
      "out:/outputs",
      "--get",
      dir,
    );
    succeeded(ended);
    expect(readFileSync(join(dir, "out", "copy"), "utf8")).toBe("uploaded\n");
  });

  test("takes a module, and an input that is long, on standard input", async () => {
    const { api } = net.ready;
    const module = readFileSync(hello);
    const fromInput = await gadus(["wasm", "run", "-", "--output", "json"], { api, input: module });
    expect(JSON.parse(succeeded(fromInput).stdout)).toMatchObject({ State: "Completed" });
    const dir = join(folder, "from-input");
    const options = ["-i", "-:/in/input", "-o", "out:/outputs", "--get", dir];
    succeeded(await gadus(["wasm", "run", copy, ...options], { api, input: "x".repeat(3_000_000) }));
    expect(readFileSync(join(dir, "out", "copy"), "utf8")).toBe("x".repeat(60_000));
    const twice = await gadus(["wasm", "run", "-", "-i", "-:/in/input"], { api, input: module });
    expect(twice).toMatchObject({ exitCode: 2, stderr: /standard input twice/ });
  });

  test("prints one line of JSON with --output json, and with --dry-run the document alone", async () => {
    expect(await json("wasm", "run", hello)).toMatchObject({
      State: "Completed",
      Results: [{ Type: "ipfs" }],
    });
    expect(await json("wasm", "run", hello, "--dry-run")).toMatchObject({
      Tasks: [{ Engine: { Type: "wasm" } }],
    });
  });

  test("ends with exit code 1 and the reason where the job failed", async () => {
    const module = join(folder, "not-a-module.wasm");
    writeFileSync(module, "hello");
    const { exitCode, stdout } = await run("wasm", "run", module);
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(
      /^Job \S+: Failed: .*\nWhere: e-\S+ on node 12D\S+\nTry: .*gadus wasm validate FILE\nWhat happened: gadus job describe \S+\n$/,
    );
  });
});

describe("gadus job", () => {
  const yaml = join(folder, "job.yaml");

  test("runs a document in YAML, and shows, lists and fetches the job", async () => {
    writeFileSync(yaml, JSON.stringify(wasmJob("hello", { Name: "greeting" })));
    const JobID = String((await json("job", "run", yaml)).JobID);
    expect(await json("job", "describe", JobID)).toMatchObject({ Job: { ID: JobID, Name: "greeting" } });
    expect((await run("job", "describe", JobID)).stdout).toMatch(/State:\s+Completed/);
    expect(await json("job", "list")).toMatchObject({
      Items: expect.arrayContaining([expect.objectContaining({ ID: JobID })]),
    });
    expect((await run("job", "list", "--quiet")).stdout.split("\n")).toContain(JobID);
    expect(await json("job", "executions", JobID)).toMatchObject({ Items: expect.any(Array) });
    expect((await run("job", "history", JobID)).stdout).toMatch(/AFTER .*TOPIC[^]* 0\.000 s /);
    const dir = join(folder, "fetched");
    expect(await json("job", "get", JobID, "-o", dir)).toMatchObject({ JobID, Results: [{ dir }] });
    expect(readFileSync(join(dir, "stdout"), "utf8")).toBe(HELLO);
    expect(readdirSync(dir).sort()).toEqual(["exitCode", "stderr", "stdout"]);
    expect(await run("job", "get", JobID, "-o", dir)).toMatchObject({
      exitCode: 2,
      stderr: /it is not empty/,
    });
  });

  test("prints what the job prints with --follow, and nothing else on the output", async () => {
    const task = {
      Name: "main",
      Engine: { Type: "noop", Params: { Stdout: "one\ntwo\n", DurationMs: 500 } },
    };
    const input = JSON.stringify({ Type: "batch", Tasks: [task] });
    const ended = await gadus(["job", "run", "-", "--follow"], { api: net.ready.api, input });
    expect(ended).toMatchObject({ exitCode: 0, stdout: "one\ntwo\n" });
    expect(ended.stderr).toMatch(/^Job \S+\n[^]*: Completed\n/);
    expect((await run("wasm", "run", hello, "--follow")).stdout).toBe(HELLO);
    const told = await gadus(["job", "run", "-", "--follow", "--output", "json"], {
      api: net.ready.api,
      input,
    });
    expect(JSON.parse(told.stdout)).toMatchObject({ State: "Completed" });
    expect(told.stderr).toContain("one\ntwo\n");
  });

  test("runs an update, says what it would change, and runs a version again", async () => {
    const file = join(folder, "versions.json");
    const task = (Stdout: string): object => ({ Engine: { Type: "noop", Params: { Stdout } } });
    const write = (text: string): void =>
      writeFileSync(file, JSON.stringify({ Name: "versions", Type: "batch", Tasks: [task(text)] }));
    write("one");
    const JobID = String((await json("job", "run", file)).JobID);
    const again = await run("job", "run", file);
    expect(again).toMatchObject({ exitCode: 1, stderr: /add --force/ });
    write("two");
    expect((await run("job", "diff", file)).stdout).toMatch(/^-Tasks\[0\].*"one"\n\+Tasks\[0\].*"two"\n$/);
    expect(await json("job", "run", file)).toMatchObject({ JobID, State: "Completed" });
    expect(await json("job", "rerun", JobID, "--job-version", "1")).toMatchObject({ State: "Completed" });
    expect((await run("job", "versions", "versions", "--quiet")).stdout).toBe("1\n2\n3\n");
    expect((await run("job", "logs", JobID)).stdout).toBe("one");
    const all = await json("job", "history", JobID, "--all-versions", "--event-type", "job");
    const topics = (all.Items as { Event: { Topic: string } }[]).map(({ Event }) => Event.Topic);
    expect(topics.filter((topic) => /submitted|updated|rerun/.test(topic))).toEqual([
      "job/submitted",
      "job/updated",
      "job/rerun",
    ]);
    expect(await json("job", "placement", JobID)).toMatchObject({ JobID, JobVersion: 3 });
  });

  test("lists as YAML what it lists as JSON, and with wide all of it", async () => {
    const listed = await json("job", "list", "--limit", "1");
    const { stdout } = succeeded(await run("job", "list", "--limit", "1", "--output", "yaml"));
    expect(parse(stdout)).toEqual(listed);
    const wide = succeeded(await run("job", "list", "--limit", "1", "--output", "wide"));
    expect(wide.stdout).toMatch(/^ID +NAME/);
  });

  test("validates a document without any API", async () => {
    const input = "Type: batch\nFoo: 1\nTasks: [{ Engine: { Type: noop } }]\n";
    const valid = await gadus(["job", "validate", "-"], { api: "http://127.0.0.1:9", input });
    expect(valid).toMatchObject({ exitCode: 0, stdout: "The document is a job document\n" });
    expect(valid.stderr).toBe("warning: Foo is not a field of a job document; it was ignored\n");
    const wrong = await gadus(["job", "validate", "-"], { input: "Tasks: [{ Engine: { Type: nope } }]" });
    expect(wrong).toMatchObject({ exitCode: 2, stdout: "", stderr: /Tasks\[0\]\.Engine\.Type/ });
  });

  test("takes a document on standard input, and stops a job", async () => {
    const noop = { Type: "batch", Tasks: [{ Engine: { Type: "noop", Params: { DurationMs: 600_000 } } }] };
    const submitted = await gadus(["job", "run", "-", "--detach", "--quiet"], {
      api: net.ready.api,
      input: JSON.stringify(noop),
    });
    const jobId = submitted.stdout.trim();
    expect(await json("job", "stop", jobId)).toEqual({ JobID: jobId });
    expect((await json("job", "describe", jobId)).Job).toMatchObject({ State: { StateType: "Stopped" } });
  });

  test("stops waiting on Ctrl-C with exit code 130, and the job goes on", async () => {
    const noop = { Type: "batch", Tasks: [{ Engine: { Type: "noop", Params: { DurationMs: 600_000 } } }] };
    const file = join(folder, "long.json");
    writeFileSync(file, JSON.stringify(noop));
    const child = spawn(GADUS, ["job", "run", file, "--api", net.ready.api], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    const exited = once(child, "exit");
    let said = "";
    let isInterrupted = false;
    child.stderr.on("data", (chunk: Buffer) => {
      said += chunk.toString();
      // Once: what it says of the first Ctrl-C must not bring a second, which ends it at once.
      if (!said.includes("running 1") || isInterrupted) return;
      isInterrupted = true;
      child.kill("SIGINT");
    });
    expect(await exited).toEqual([130, null]);
    const jobId = /^Job (\S+)\n/.exec(said)?.[1] ?? "";
    expect(said).toContain(`job ${jobId} goes on; look with: gadus job describe ${jobId}`);
    expect((await json("job", "describe", jobId))["Job"]).toMatchObject({ State: { StateType: "Running" } });
    await json("job", "stop", jobId);
  });

  test("says of a job that isn't there, exit code 4", async () => {
    expect((await run("job", "describe", "j-none")).exitCode).toBe(4);
  });
});

test("gadus config sets, gets and lists settings, and says where each comes from", async () => {
  const file = join(folder, "node.yaml");
  succeeded(await gadus(["config", "set", "api.port", "8080", "--config", file]));
  expect((await gadus(["config", "get", "api.port", "--config", file])).stdout).toBe("8080\n");
  const { stdout } = succeeded(
    await gadus(["config", "list", "--config", file, "--compute", "--output", "json"]),
  );
  const settings = JSON.parse(stdout) as readonly { name: string; source: string }[];
  const sources = Object.fromEntries(settings.map(({ name, source }) => [name, source]));
  expect(sources).toMatchObject({ "api.port": "file", "compute.enabled": "flag", "api.host": "default" });
  const wrong = await gadus(["config", "set", "api.prot", "1", "--config", file]);
  expect(wrong).toMatchObject({ exitCode: 2, stderr: /Did you mean api\.port\?/ });
});

test("gadus says which command was meant", async () => {
  expect(await gadus(["jbo"])).toMatchObject({ exitCode: 2, stderr: /Did you mean job\?/ });
});

test("gadus node list and describe show every compute node", async () => {
  const ids = (await run("node", "list", "--quiet")).stdout.trim().split("\n");
  const compute = net.ready.nodes.filter(({ name }) => name !== "requester").map(({ nodeId }) => nodeId);
  expect(ids).toEqual(expect.arrayContaining(compute));
  expect(await json("node", "describe", ids[0] ?? "")).toMatchObject({ Info: { NodeID: ids[0] } });
});

test("gadus node rejects nodes, which then get no jobs, and approves them again", async () => {
  const ids = net.ready.nodes.filter(({ name }) => name !== "requester").map(({ nodeId }) => nodeId);
  expect((await run("node", "reject", ...ids, "--quiet")).stdout.trim().split("\n")).toEqual(ids);
  const rejected = (await run("node", "list", "--membership", "rejected", "--quiet")).stdout.trim();
  expect(rejected.split("\n").sort()).toEqual([...ids].sort());
  const task = { Engine: { Type: "noop" } };
  const input = JSON.stringify({ Type: "batch", Tasks: [task] });
  const failed = await gadus(["job", "run", "-"], { api: net.ready.api, input });
  expect(failed).toMatchObject({ exitCode: 1, stdout: /Try: see why nodes .*: gadus job placement j-/ });
  succeeded(await run("node", "approve", ...ids));
  succeeded(await gadus(["job", "run", "-"], { api: net.ready.api, input }));
  const missing = await run("node", "delete", "12D3nobody", ids[0] ?? "");
  expect(missing).toMatchObject({ exitCode: 1, stderr: /12D3nobody[^]*it is connected/ });
});

test("gadus node describe shows what the requester saw of a node", async () => {
  const [id = ""] = net.ready.nodes.filter(({ name }) => name !== "requester").map(({ nodeId }) => nodeId);
  expect(await json("node", "describe", id)).toMatchObject({ Reputation: { Refuted: 0 } });
  const { stdout } = await run("node", "describe", id);
  expect(stdout).toMatch(/Reputation:\s+[01]\.\d\d \(.+ verified, 0 refuted, .+ failed, .+ late\)/);
});

test("gadus id prints the id of the API's node", async () => {
  for (const { api, nodeId } of net.ready.nodes)
    expect((await run("id", "--api", api)).stdout).toBe(`${nodeId}\n`);
});

describe("gadus devnet", () => {
  test("ends cleanly on Ctrl-C, and leaves no process and no folder", async () => {
    const other = await startDevnet("--compute", "1");
    const { nodes, dir } = other.ready;
    expect(nodes.every(({ pid }) => isAlive(pid))).toBe(true);
    expect(await other.end("SIGINT")).toBe(0);
    expect(nodes.filter(({ pid }) => isAlive(pid))).toEqual([]);
    expect(existsSync(dir)).toBe(false);
  });

  test("leaves no process when it is killed itself", async () => {
    const other = await startDevnet("--compute", "1");
    const { nodes, dir } = other.ready;
    await other.end("SIGKILL");
    await processesGone(nodes.map(({ pid }) => pid));
    expect(nodes.some(({ pid }) => isAlive(pid))).toBe(false);
    rmSync(dir, { recursive: true, force: true });
  });

  test("says which node ended by itself, and ends", async () => {
    const other = await startDevnet("--compute", "2");
    const { nodes, dir } = other.ready;
    let log = "";
    other.process.stderr?.on("data", (chunk: Buffer) => {
      log += chunk.toString();
    });
    const ended = new Promise((resolve) => other.process.once("exit", resolve));
    process.kill(nodes.at(-1)!.pid, "SIGKILL");
    expect(await ended).toBe(1);
    expect(log).toMatch(/compute-2 ended by itself with signal SIGKILL/);
    expect(nodes.filter(({ pid }) => isAlive(pid))).toEqual([]);
    expect(existsSync(dir)).toBe(false);
  });
});
