import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { unpackCar } from "@gadus/client/unpack-car";
import { generateSwarmKey } from "@gadus/transport/libp2p";
import { CID } from "multiformats/cid";
import { sha256 } from "multiformats/hashes/sha2";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Answer } from "./api/test-api.ts";
import { type ConfigPatch, loadConfig, type RunningNode, startNode } from "./index.ts";

const LISTEN = ["/ip4/127.0.0.1/tcp/0"];
/** A module that returns at once: `(module (memory (export "memory") 1) (func (export "_start")))`. */
const MODULE = Buffer.from(
  "0061736d0100000001040160000003020100050301000107130206" + "6d656d6f72790200065f737461727400000a040102000b",
  "hex",
);
const swarmKey = generateSwarmKey();
let root: string;
const nodes: RunningNode[] = [];

async function start(name: string, flags: ConfigPatch): Promise<RunningNode> {
  const config = await loadConfig({
    flags: {
      ...flags,
      dataFolder: join(root, name),
      api: { port: 0, ...flags.api },
      network: { listen: LISTEN, swarmKey, ...flags.network },
      log: { level: "silent" },
    },
  });
  const node = await startNode(config);
  nodes.push(node);
  return node;
}

const json = async (url: string, init?: RequestInit): Promise<Answer> =>
  (await (await fetch(url, init)).json()) as Answer;

async function submit(node: RunningNode, job: object): Promise<string> {
  const body = JSON.stringify({ Job: job });
  const answer = await json(`${node.apiUrl}/api/v1/orchestrator/jobs`, { method: "PUT", body });
  expect(answer.Warnings).toEqual([]);
  return answer.JobID;
}

/** Follows a job's events until `isLast`; the topics of all of them. */
async function follow(
  node: RunningNode,
  jobId: string,
  isLast: (topics: string[]) => boolean,
): Promise<string[]> {
  const hangUp = new AbortController();
  const url = `${node.apiUrl}/api/v1/orchestrator/events?job_id=${jobId}`;
  const response = await fetch(url, { signal: hangUp.signal });
  const topics: string[] = [];
  let text = "";
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    text += Buffer.from(chunk).toString();
    const blocks = text.split("\n\n");
    text = blocks.pop() ?? "";
    topics.push(...blocks.flatMap((block) => /^event: (.*)$/m.exec(block)?.[1] ?? []));
    if (isLast(topics)) break;
  }
  hangUp.abort();
  return topics;
}

async function untilKnown(requester: RunningNode, count: number): Promise<void> {
  await expect
    .poll(async () => {
      const { Nodes } = await json(`${requester.apiUrl}/api/v1/orchestrator/nodes`);
      return Nodes.filter((node) => node.Info.ComputeNodeInfo !== undefined).length;
    })
    .toBe(count);
}

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "gadus-node-"));
});
afterAll(async () => {
  await Promise.all(nodes.map((node) => node.stop()));
  await rm(root, { recursive: true });
});

describe("startNode()", () => {
  test("makes a network: a job runs, a liar is refuted, and the result is had through a node that ran nothing", async () => {
    const requester = await start("requester", { requester: { enabled: true } });
    const network = { bootstrap: [...requester.addresses()] };
    const peer = await start("peer", { network });
    for (const name of ["compute-1", "compute-2"]) await start(name, { compute: { enabled: true }, network });
    const liar = await start("liar", { compute: { enabled: true, lie: "wrong-result" }, network });
    await untilKnown(requester, 3);

    const module = `data:application/wasm;base64,${MODULE.toString("base64")}`;
    const jobId = await submit(requester, {
      Name: "nothing",
      Type: "batch",
      Deal: { Concurrency: 3, Confidence: 2 },
      Tasks: [
        {
          Name: "main",
          Engine: { Type: "wasm", Params: { EntryModule: "/main.wasm" } },
          InputSources: [{ Source: { Type: "inline", Params: { URL: module } }, Target: "/main.wasm" }],
        },
      ],
    });
    const ended = /^execution\/(published|refuted|failed|cancelled)$/;
    const topics = await follow(
      requester,
      jobId,
      (all) => all.filter((topic) => ended.test(topic)).length === 3,
    );
    expect(topics.filter((topic) => ended.test(topic)).toSorted()).toEqual([
      "execution/published",
      "execution/published",
      "execution/refuted",
    ]);

    const job = `${requester.apiUrl}/api/v1/orchestrator/jobs/${jobId}`;
    const { Job, Executions } = await json(`${job}?include=executions`);
    expect(Job.State.StateType).toBe("Completed");
    const refuted = Executions.Items.find((execution) => execution.NodeID === liar.nodeId);
    expect(refuted?.ComputeState).toMatchObject({
      StateType: 10,
      Message: expect.stringMatching(/^2 of [23] proposals agree/),
      Details: { State: "refuted", Verdict: "refuted" },
    });
    const { Items } = await json(`${job}/results`);
    expect(Items).toEqual([{ Type: "ipfs", Params: { CID: expect.stringMatching(/^bafy/) } }]);
    const cid = Items[0]?.Params.CID ?? "";
    const car = await fetch(`${peer.apiUrl}/ipfs/${cid}?format=car`);
    expect(car.headers.get("content-type")).toContain("application/vnd.ipld.car");
    const block = await fetch(`${peer.apiUrl}/ipfs/${cid}?format=raw`);
    expect(block.headers.get("content-type")).toContain("application/vnd.ipld.raw");
    const bytes = new Uint8Array(await block.arrayBuffer());
    expect(CID.createV1(CID.parse(cid).code, await sha256.digest(bytes)).toString()).toBe(cid);
    const alone = await fetch(`${peer.apiUrl}/ipfs/${cid}?format=car&dag-scope=block`);
    expect((await alone.bytes()).length).toBeLessThan(bytes.length + 200);
    expect((await fetch(`${peer.apiUrl}/ipfs/${cid}?format=car&dag-scope=some`)).status).toBe(400);
    const folder = join(root, "results");
    await unpackCar(car.body as unknown as AsyncIterable<Uint8Array>, cid, folder);
    expect((await stat(join(folder, "exitCode"))).size).toBe(1);

    const lie = refuted?.ComputeState.Details.CID ?? "";
    const denied = await fetch(`${liar.apiUrl}/ipfs/${lie}?format=car`, {
      signal: AbortSignal.timeout(500),
    }).catch(() => undefined);
    expect(denied?.status).not.toBe(200);
  });

  test("keeps jobs and its identity over a restart", async () => {
    const first = await start("again", { requester: { enabled: true } });
    const jobId = await submit(first, { Tasks: [{ Engine: { Type: "noop" } }], Meta: { k: "v" } });
    await first.stop();
    const second = await start("again", { requester: { enabled: true } });
    expect(second.nodeId).toBe(first.nodeId);
    const { Job } = await json(`${second.apiUrl}/api/v1/orchestrator/jobs/${jobId}`);
    expect(Job).toMatchObject({ ID: jobId, Meta: { k: "v" } });
  });

  test("refuses a data folder that another node uses", async () => {
    await start("taken", {});
    await expect(start("taken", {})).rejects.toMatchObject({
      code: "node/data-folder-in-use",
      message: expect.stringContaining(`"${join(root, "taken")}": another node uses it`),
    });
  });

  test("undoes what it started where the API's port is busy", async () => {
    const first = await start("first", {});
    const port = Number(new URL(first.apiUrl).port);
    await expect(start("second", { api: { port } })).rejects.toMatchObject({ code: "node/port-in-use" });
    const second = await start("second", {});
    expect((await json(`${second.apiUrl}/api/v1/agent/alive`)).Status).toBe("OK");
  });

  test("lets only its owner into the data folder", async () => {
    await start("private", {});
    expect((await stat(join(root, "private"))).mode & 0o777).toBe(0o700);
    for (const name of ["identity.key", "box.key"]) {
      expect((await stat(join(root, "private", name))).mode & 0o777).toBe(0o600);
    }
  });

  test("stop() may be called again, and nothing answers after it", async () => {
    const node = await start("stopped", {});
    await Promise.all([node.stop(), node.stop()]);
    await node.stop();
    await expect(fetch(`${node.apiUrl}/api/v1/agent/alive`)).rejects.toThrow("fetch failed");
  });

  test("names network.swarmKey where its file isn't there", async () => {
    const network = { swarmKey: join(root, "nothing.key") };
    await expect(start("keyless", { network })).rejects.toMatchObject({
      code: "node/invalid-config",
      field: "network.swarmKey",
    });
  });
});
