import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createClient, stateOf } from "@gadus/client";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { NodeReady } from "../src/parent-process.ts";
import { modulePath } from "./compile-modules.ts";
import { type DevnetReady, gadus, type Running, startDevnet, startServe } from "./gadus.ts";
import { HELLO, runToEnd, wasmJob } from "./jobs.ts";

const LOCAL = { Publisher: { Type: "local" } };
const folder = mkdtempSync(join(tmpdir(), "gadus-e2e-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Where the results of a job are, as any client is told. */
async function resultOf(api: string, jobId: string): Promise<{ readonly url: string; readonly cid: string }> {
  const { Items } = await createClient({ url: api }).jobs.results(jobId);
  expect(Items).toEqual([
    {
      Type: "urlDownload",
      Params: { URL: expect.stringMatching(/^http:.*\.tar\.gz$/), CID: expect.any(String) },
    },
  ]);
  const { URL: url, CID: cid } = Items[0]?.Params ?? {};
  return { url: String(url), cid: String(cid) };
}

/** Downloads `url` as any program would, and has the system's `tar` unpack it into a folder called `name`. */
async function unpack(url: string, name: string): Promise<string> {
  const response = await fetch(url);
  expect(response.status).toBe(200);
  const dir = join(folder, name);
  mkdirSync(dir);
  writeFileSync(join(folder, `${name}.tar.gz`), new Uint8Array(await response.arrayBuffer()));
  execFileSync("tar", ["-xzf", join(folder, `${name}.tar.gz`), "-C", dir]);
  return dir;
}

describe("a devnet", () => {
  let net: Running<DevnetReady>;
  beforeAll(async () => {
    net = await startDevnet("--compute", "3");
  });
  afterAll(() => net.end());

  test("publishes an archive over HTTP that plain programs download and unpack", async () => {
    const { api, nodes } = net.ready;
    const document = wasmJob("hello", { Deal: { Concurrency: 3 } }, LOCAL);
    const { Job, Executions } = await runToEnd(api, document);
    expect(Job.State).toMatchObject({ StateType: "Completed" });
    expect(Executions!.Items.map(stateOf)).toEqual(["published", "published", "published"]);
    const { url, cid } = await resultOf(api, Job.ID);
    expect(nodes.slice(1).map((node) => node.api)).toContain(new URL(url).origin);

    const dir = await unpack(url, "devnet");
    expect(readFileSync(join(dir, "stdout"), "utf8")).toBe(HELLO);
    expect(readFileSync(join(dir, "exitCode"), "utf8")).toBe("0");

    const wrong = await fetch(url.replace(/\.[\w-]{43}\./, `.${"A".repeat(43)}.`));
    expect(wrong.status).toBe(404);
    expect(await wrong.json()).toMatchObject({ Code: "node/no-results" });

    const gateway = await fetch(
      `${api}/api/v1/orchestrator/jobs/${Job.ID}/results/download.tar.gz?path=stdout`,
    );
    expect(await gateway.text()).toBe(HELLO);
    const byCid = join(folder, "by-cid");
    expect(await gadus(["get", cid, "-o", byCid], { api })).toMatchObject({ exitCode: 0 });
    expect(readFileSync(join(byCid, "stdout"), "utf8")).toBe(HELLO);
  });

  test("does so for a job of the command's, too", async () => {
    const { api } = net.ready;
    const ran = await gadus(
      ["wasm", "run", fileURLToPath(modulePath("hello")), "--publisher", "local", "--quiet"],
      { api },
    );
    expect(ran).toMatchObject({ exitCode: 0, stderr: "" });
    const jobId = ran.stdout.trim();
    await resultOf(api, jobId);
    const dir = join(folder, "got");
    expect(await gadus(["job", "get", jobId, "-o", dir], { api })).toMatchObject({ exitCode: 0 });
    expect(readFileSync(join(dir, "stdout"), "utf8")).toBe(HELLO);
  });
});

describe("a node that was killed and started again", () => {
  const running: Running<NodeReady>[] = [];
  const key = join(folder, "swarm.key");
  const config = join(folder, "private.yaml");

  async function start(name: string, ...args: readonly string[]): Promise<Running<NodeReady>> {
    const place = ["--data-dir", join(folder, name), "--swarm-key", key];
    const node = await startServe(...place, "--listen", "/ip4/127.0.0.1/tcp/0", ...args);
    running.push(node);
    return node;
  }

  beforeAll(() => {
    writeFileSync(key, `/key/swarm/psk/1.0.0/\n/base16/\n${randomBytes(32).toString("hex")}\n`);
    writeFileSync(config, JSON.stringify({ api: { auth: { anonymous: "none" } } }));
  });
  afterAll(() => Promise.all(running.map((node) => node.end())));

  test("serves the same archive at the same URL, though its API takes nobody without a key", async () => {
    const requester = await start("requester", "--requester", "--api-port", "0");
    const bootstrap = requester.ready.addresses.flatMap((address) => ["--bootstrap", address]);
    const compute = await start("compute", "--compute", "--config", config, "--api-port", "0", ...bootstrap);
    const { port } = new URL(compute.ready.api);
    const task = { ...LOCAL, Timeouts: { QueueTimeout: 30 } };
    const { Job } = await runToEnd(requester.ready.api, wasmJob("hello", {}, task));
    const { url } = await resultOf(requester.ready.api, Job.ID);
    const before = new Uint8Array(await (await fetch(url)).arrayBuffer());

    await compute.end("SIGKILL");
    await expect(fetch(url)).rejects.toThrow("fetch failed");
    const again = await start("compute", "--compute", "--config", config, "--api-port", port, ...bootstrap);
    expect((await fetch(`${again.ready.api}/api/v1/agent/node`)).status).toBe(401);
    expect(new Uint8Array(await (await fetch(url)).arrayBuffer())).toEqual(before);
    expect(readFileSync(join(await unpack(url, "again"), "stdout"), "utf8")).toBe(HELLO);
  });
});
