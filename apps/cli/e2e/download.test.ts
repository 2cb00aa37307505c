import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createClient } from "@gadus/client";
import { download, partialFolderOf } from "@gadus/client/download";
import { afterAll, beforeAll, expect, test } from "vitest";
import { modulePath } from "./compile-modules.ts";
import { type CountingProxy, startCountingProxy } from "./counting-proxy.ts";
import { type DevnetReady, GADUS, gadus, type Running, startDevnet, succeeded } from "./gadus.ts";
import { runToEnd } from "./jobs.ts";

const MIB = 1024 * 1024;
const SIZE = 24 * MIB;
const fill = fileURLToPath(modulePath("fill"));
const folder = mkdtempSync(join(tmpdir(), "gadus-e2e-get-"));
let net: Running<DevnetReady>;
let proxy: CountingProxy;
let jobId: string;
/** What the job's large file holds, as fetched in one go. */
let content: Buffer;

beforeAll(async () => {
  net = await startDevnet("--compute", "1");
  proxy = await startCountingProxy(net.ready.api);
  const options = ["-o", "out:/outputs", "--get", join(folder, "whole"), "--quiet"];
  jobId = succeeded(await gadus(["wasm", "run", fill, ...options], { api: net.ready.api })).stdout.trim();
  content = readFileSync(join(folder, "whole", "out", "large"));
});
afterAll(async () => {
  await proxy.close();
  await net.end();
  rmSync(folder, { recursive: true, force: true });
});

async function get(...args: readonly string[]): Promise<Record<string, unknown>> {
  const ended = await gadus(["job", "get", jobId, ...args, "--output", "json"], { api: proxy.url });
  return JSON.parse(succeeded(ended).stdout) as Record<string, unknown>;
}

/** Waits until half of it is kept on disk; there is no event for what another process writes. */
async function untilKept(dir: string, child: ChildProcess): Promise<void> {
  const blocks = join(partialFolderOf(dir), "blocks");
  while ((statSync(blocks, { throwIfNoEntry: false })?.size ?? 0) < SIZE / 2) {
    if (child.exitCode !== null) throw new Error(`it ended with exit code ${child.exitCode}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

test("gadus job get goes on after kill -9, and asks for no block that is there", async () => {
  const dir = join(folder, "resumed");
  proxy.holdAfter((SIZE * 3) / 4);
  const child = spawn(GADUS, ["job", "get", jobId, "-o", dir, "--api", proxy.url], { stdio: "ignore" });
  const exited = once(child, "exit");
  await untilKept(dir, child);
  child.kill("SIGKILL");
  await exited;
  expect(existsSync(dir)).toBe(false);
  proxy.release();
  const before = proxy.passed();
  const { ResumedBytes } = await get("-o", dir);
  expect(Number(ResumedBytes)).toBeGreaterThan(SIZE / 2 - 2 * MIB);
  expect(proxy.passed() - before).toBeLessThan(SIZE - Number(ResumedBytes) + 64 * 1024);
  expect(readFileSync(join(dir, "out", "large")).equals(content)).toBe(true);
  expect(readdirSync(folder).filter((name) => name.startsWith("."))).toEqual([]);
});

test("gadus job get keeps what came on Ctrl-C, says where, and goes on from there", async () => {
  const dir = join(folder, "interrupted");
  proxy.holdAfter((SIZE * 3) / 4);
  const child = spawn(GADUS, ["job", "get", jobId, "-o", dir, "--api", proxy.url], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => {
    said += chunk.toString();
  });
  const exited = once(child, "close");
  await untilKept(dir, child);
  child.kill("SIGINT");
  expect(await exited).toEqual([130, null]);
  expect(said).toMatch(
    /Stopped downloading\n {2}What came is kept in .*\.interrupted\.gadus-part: the same command/,
  );
  proxy.release();
  const before = proxy.passed();
  const { ResumedBytes } = await get("-o", dir);
  expect(Number(ResumedBytes)).toBeGreaterThan(SIZE / 2 - 2 * MIB);
  expect(proxy.passed() - before).toBeLessThan(SIZE - Number(ResumedBytes) + 64 * 1024);
  expect(readFileSync(join(dir, "out", "large")).equals(content)).toBe(true);
});

test("gadus job get --path fetches one file, and little else", async () => {
  const before = proxy.passed();
  const dir = join(folder, "one");
  expect(await get("-o", dir, "--path", "exitCode")).toMatchObject({ Files: 1, SizeBytes: 1 });
  expect(readFileSync(join(dir, "exitCode"), "utf8")).toBe("0");
  expect(proxy.passed() - before).toBeLessThan(2000);
  const none = await gadus(["job", "get", jobId, "-o", join(folder, "none"), "--path", "out/none"], {
    api: net.ready.api,
  });
  expect(none).toMatchObject({ exitCode: 4, stderr: /nothing is at that path/ });
});

test("gadus job get has a folder for each partition, takes one of them, and merges them", async () => {
  const partitions = { Engine: { Type: "noop", Params: { Stdout: "same\n" } } };
  const { Job } = await runToEnd(net.ready.api, { Type: "batch", Count: 2, Tasks: [partitions] });
  const run = (name: string, ...args: readonly string[]) =>
    gadus(["job", "get", Job.ID, "-o", join(folder, name), ...args], { api: net.ready.api });
  succeeded(await run("all"));
  expect(readdirSync(join(folder, "all")).sort()).toEqual(["partition-0", "partition-1"]);
  succeeded(await run("second", "--path", "partition-1/stdout"));
  expect(readdirSync(join(folder, "second"))).toEqual(["stdout"]);
  succeeded(await run("merged", "--merge"));
  expect(readdirSync(join(folder, "merged")).sort()).toEqual(["exitCode", "stderr", "stdout"]);
  expect(await run("third", "--partition", "2")).toMatchObject({ exitCode: 4, stderr: /partition 2/ });
});

test("the client downloads what a job's archive route serves, by its URL, and shows its key to no one else", async () => {
  const client = createClient({ url: net.ready.api, token: "gadus_secret" });
  const { url } = client;
  const seen: (string | undefined)[] = [];
  const server = createServer(({ headers }, response) => {
    seen.push(headers.authorization);
    response.end("x");
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const other = await client.file(`http://127.0.0.1:${(server.address() as AddressInfo).port}/x.tar.gz`);
  for await (const chunk of other.content) expect(chunk).toHaveLength(1);
  server.close();
  expect(seen).toEqual([undefined]);
  const archive = `${url}/api/v1/orchestrator/jobs/${jobId}/results/download.tar.gz`;
  const dir = join(folder, "archive");
  await download(createClient({ url }), [{ folder: "", from: { url: archive } }], dir);
  expect(readFileSync(join(dir, "out", "large")).equals(content)).toBe(true);
});
