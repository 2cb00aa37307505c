import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { patternBytes } from "@gadus/storage/conformance";
import { generateSwarmKey } from "@gadus/transport/libp2p";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { type ConfigPatch, loadConfig, type RunningNode, startNode } from "./index.ts";

const MIB = 1024 * 1024;
const ETAG = '"v1"';
/** Its first argument says what it does; `copy FROM TO` copies a file. */
const PROBE = new URL("../../executor/testdata/probe.wasm", import.meta.url);

let swarmKey = "";
let bootstrap: readonly string[] = [];
beforeEach(() => {
  swarmKey = generateSwarmKey();
  bootstrap = [];
});

async function start(flags: ConfigPatch): Promise<RunningNode & { readonly folder: string }> {
  const folder = await mkdtemp(join(tmpdir(), "gadus-streamed-"));
  const config = await loadConfig({
    flags: {
      dataFolder: folder,
      api: { port: 0 },
      network: { listen: ["/ip4/127.0.0.1/tcp/0"], swarmKey, bootstrap: [...bootstrap] },
      log: { level: "silent" },
      ...flags,
    },
  });
  const node = await startNode(config);
  if (bootstrap.length === 0) bootstrap = node.addresses();
  onTestFinished(async () => {
    await node.stop();
    await rm(folder, { recursive: true });
  });
  return { ...node, folder };
}

/** A server of one file, and the ranges that it was asked for. */
async function serve(
  content: Buffer,
  { breaksOff = () => false }: { breaksOff?: (start: number) => boolean } = {},
): Promise<{ readonly url: string; readonly ranges: string[] }> {
  const ranges: string[] = [];
  const answer = ({ headers }: IncomingMessage, response: ServerResponse): void => {
    response.setHeader("etag", ETAG);
    const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? "") ?? [];
    if (first === undefined) {
      response.writeHead(200, { "content-length": content.length }).end(content);
      return;
    }
    ranges.push(`${first}-${last}`);
    const part = content.subarray(Number(first), Number(last) + 1);
    response.writeHead(206, {
      "content-length": part.length,
      "content-range": `bytes ${first}-${last}/${content.length}`,
    });
    if (breaksOff(Number(first))) response.write(part.subarray(0, 1), () => response.destroy());
    else response.end(part);
  };
  const server = createServer(answer);
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/data`, ranges };
}

async function json<T>(url: string, init?: RequestInit): Promise<T> {
  return (await (await fetch(url, init)).json()) as T;
}

/** Submits a job that copies `source` to its results. */
async function submitCopy(requester: RunningNode, source: object): Promise<string> {
  const module = `data:application/wasm;base64,${(await readFile(PROBE)).toString("base64")}`;
  const Job = {
    Tasks: [
      {
        Engine: {
          Type: "wasm",
          Params: { EntryModule: "/main.wasm", Parameters: ["copy", "/data", "/out/copy"] },
        },
        InputSources: [
          { Source: { Type: "inline", Params: { URL: module } }, Target: "/main.wasm" },
          { Source: source, Target: "/data" },
        ],
        ResultPaths: [{ Name: "out", Path: "/out" }],
        Timeouts: { QueueTimeout: 60 },
      },
    ],
  };
  const body = JSON.stringify({ Job });
  const answer = await json<{ JobID: string }>(`${requester.apiUrl}/api/v1/orchestrator/jobs`, {
    method: "PUT",
    body,
  });
  return answer.JobID;
}

interface Execution {
  readonly NodeID: string;
  readonly ComputeState: { readonly Message: string; readonly Details: { readonly State: string } };
}

async function look(
  requester: RunningNode,
  jobId: string,
): Promise<{ state: string; message: string; executions: readonly Execution[] }> {
  const { Job, Executions } = await json<{
    Job: { State: { StateType: string; Message: string } };
    Executions: { Items: readonly Execution[] };
  }>(`${requester.apiUrl}/api/v1/orchestrator/jobs/${jobId}?include=executions`);
  return { state: Job.State.StateType, message: Job.State.Message, executions: Executions.Items };
}

async function ended(requester: RunningNode, jobId: string): Promise<Awaited<ReturnType<typeof look>>> {
  const isOver = async (): Promise<boolean> =>
    ["Completed", "Failed"].includes((await look(requester, jobId)).state);
  await expect.poll(isOver, { timeout: 30_000 }).toBe(true);
  return look(requester, jobId);
}

async function resultOf(requester: RunningNode, jobId: string): Promise<Buffer> {
  const { Items } = await json<{ Items: readonly { Params: { CID: string } }[] }>(
    `${requester.apiUrl}/api/v1/orchestrator/jobs/${jobId}/results`,
  );
  const car = await fetch(`${requester.apiUrl}/ipfs/${Items[0]?.Params.CID}?format=car`);
  return Buffer.from(await car.arrayBuffer());
}

const statesOf = (executions: readonly Execution[]): readonly string[] =>
  executions.map(({ ComputeState }) => ComputeState.Details.State).toSorted();

const failed = (requester: RunningNode, jobId: string): Promise<void> =>
  expect
    .poll(async () => statesOf((await look(requester, jobId)).executions), { timeout: 30_000 })
    .toContain("failed");

const listed: ConfigPatch = { inputs: { http: { allowHosts: ["127.0.0.1"] } } };

describe("an input behind a URL", () => {
  test("is fetched once by the requester, and nodes that fetch no URLs read it as content", async () => {
    const requester = await start({ requester: { enabled: true }, ...listed });
    await start({ compute: { enabled: true } });
    const content = Buffer.from(patternBytes(300_000));
    const { url, ranges } = await serve(content);
    const checksum = createHash("sha256").update(content).digest("hex");
    const right = await submitCopy(requester, {
      Type: "urlDownload",
      Params: { URL: url, ChecksumSHA256: checksum.toUpperCase() },
    });
    expect(await ended(requester, right)).toMatchObject({ state: "Completed" });
    expect((await resultOf(requester, right)).includes(content)).toBe(true);
    expect(ranges).toEqual([]);

    const wrong = await submitCopy(requester, {
      Type: "urlDownload",
      Params: { URL: url, ChecksumSHA256: "00".repeat(32) },
    });
    const field = "Tasks[0].InputSources[1].Source.Params.ChecksumSHA256";
    expect(await ended(requester, wrong)).toMatchObject({
      state: "Failed",
      message: expect.stringContaining(
        `${field}: what is behind ${url} has the SHA-256 ${checksum}`,
      ) as unknown,
      executions: [],
    });
  }, 60_000);

  test("is read by ranges where it is long, and elsewhere when its server breaks off in the middle", async () => {
    const requester = await start({
      requester: { enabled: true, maxFetchSize: "64Ki", retryBackoffMs: 2_000 },
      ...listed,
    });
    await start({ compute: { enabled: true } });
    for (let node = 0; node < 2; node += 1) await start({ compute: { enabled: true }, ...listed });
    const content = Buffer.from(patternBytes(3 * MIB + 17));
    let isBroken = true;
    const { url, ranges } = await serve(content, { breaksOff: (start) => isBroken && start >= 2 * MIB });
    const jobId = await submitCopy(requester, { Type: "urlDownload", Params: { URL: url } });
    await failed(requester, jobId);
    isBroken = false;
    const { state, executions } = await ended(requester, jobId);
    expect(state).toBe("Completed");
    const ran = executions.filter((each) => /failed|published/.test(each.ComputeState.Details.State));
    expect(statesOf(ran)).toEqual(["failed", "published"]);
    expect(new Set(ran.map(({ NodeID }) => NodeID)).size).toBe(2);
    const failure = ran.find((each) => each.ComputeState.Details.State === "failed");
    expect(failure?.ComputeState.Message).toMatch(/^Cannot read input "\/data": Cannot fetch "http/);
    expect((await resultOf(requester, jobId)).includes(content.subarray(2 * MIB, 3 * MIB))).toBe(true);
    expect(ranges).toContain(`0-${64 * 1024 - 1}`);
  }, 60_000);

  test("is refused when it is submitted where the node fetches none, as in a private cluster by default", async () => {
    const requester = await start({ requester: { enabled: true } });
    const { url } = await serve(Buffer.alloc(10));
    const body = JSON.stringify({
      Job: {
        Tasks: [
          {
            Engine: { Type: "noop" },
            InputSources: [{ Source: { Type: "urlDownload", Params: { URL: url } }, Target: "/data" }],
          },
        ],
      },
    });
    const answer = await json<object>(`${requester.apiUrl}/api/v1/orchestrator/jobs`, {
      method: "PUT",
      body,
    });
    expect(answer).toMatchObject({
      Status: 400,
      Message: "Cannot take Tasks[0].InputSources[0].Source.Type: this node fetches no URLs",
    });
  }, 60_000);
});

test("an input that a node's disk gives up in the middle fails its execution, and another node runs the job", async () => {
  const requester = await start({ requester: { enabled: true } });
  const broken = await start({ requester: { enabled: true }, compute: { enabled: true } });
  const content = Buffer.from(patternBytes(3 * MIB));
  content.set([1, 2, 3], 2 * MIB);
  const headers = { "content-type": "application/octet-stream" };
  let CID = "";
  for (const node of [requester, broken]) {
    const url = `${node.apiUrl}/api/v1/orchestrator/blobs`;
    ({ CID } = await json<{ CID: string }>(url, { method: "PUT", headers, body: content }));
  }
  await replaceByFolder(join(broken.folder, "blocks", "large"), content.subarray(2 * MIB));
  const jobId = await submitCopy(requester, { Type: "ipfs", Params: { CID } });
  await failed(requester, jobId);
  await start({ compute: { enabled: true } });
  const { state, executions } = await ended(requester, jobId);
  expect(state).toBe("Completed");
  const failure = executions.find(({ NodeID }) => NodeID === broken.nodeId);
  expect(failure?.ComputeState.Message).toMatch(/^Cannot read input "\/data": /);
  expect((await resultOf(requester, jobId)).includes(content.subarray(2 * MIB))).toBe(true);
}, 60_000);

/** Makes the file below `folder` that holds `content` one that can't be read. */
async function replaceByFolder(folder: string, content: Uint8Array): Promise<void> {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (!entry.isFile() || !(await readFile(path)).equals(content)) continue;
    await rm(path);
    await mkdir(path);
    return;
  }
  throw new Error("no file holds the content");
}
