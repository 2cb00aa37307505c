import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describeResults } from "@gadus/protocol";
import { memoryVolume } from "@gadus/storage/memory";
import { generateSwarmKey } from "@gadus/transport/libp2p";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type ConfigPatch, loadConfig, type RunningNode, startNode } from "./index.ts";

const swarmKey = generateSwarmKey();
let root = "";
let nodes: RunningNode[] = [];

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "gadus-unverified-"));
});
afterEach(async () => {
  await Promise.all(nodes.map((node) => node.stop()));
  nodes = [];
  await rm(root, { recursive: true });
});

async function start(flags: ConfigPatch): Promise<RunningNode> {
  const [first] = nodes;
  const bootstrap = first === undefined ? [] : [...first.addresses()];
  const config = await loadConfig({
    flags: {
      ...flags,
      dataFolder: join(root, String(nodes.length)),
      api: { port: 0, fetchTimeoutMs: 1_500 },
      network: { listen: ["/ip4/127.0.0.1/tcp/0"], swarmKey, bootstrap },
      log: { level: "silent" },
    },
  });
  const node = await startNode(config);
  nodes.push(node);
  return node;
}

async function get(url: string, init?: RequestInit): Promise<Record<string, unknown>> {
  return (await (await fetch(url, init)).json()) as Record<string, unknown>;
}

async function statesOf(api: string, jobId: string): Promise<readonly string[]> {
  const { Items } = await get(`${api}/api/v1/orchestrator/jobs/${jobId}/executions`);
  return (Items as { ComputeState: { Details: { State: string } } }[])
    .map((execution) => execution.ComputeState.Details.State)
    .toSorted();
}

const computeNodes = async (api: string): Promise<number> => {
  const { Nodes } = await get(`${api}/api/v1/orchestrator/nodes`);
  return (Nodes as { Info: { ComputeNodeInfo?: unknown } }[]).filter((node) => node.Info.ComputeNodeInfo)
    .length;
};

describe("the blocks of a result", () => {
  test("can't be had over bitswap while it is unverified, and can once it is", async () => {
    const requester = await start({ requester: { enabled: true } });
    const api = requester.apiUrl;
    await start({ compute: { enabled: true } });
    await start({ compute: { enabled: true, lie: "wrong-result" } });
    const bystander = await start({});
    await expect.poll(() => computeNodes(api), { timeout: 15_000 }).toBe(2);

    const stdout = "a result that two nodes disagree on 1";
    const { JobID } = await get(`${api}/api/v1/orchestrator/jobs`, {
      method: "PUT",
      body: JSON.stringify({
        Job: {
          Deal: { Concurrency: 2 },
          Tasks: [
            {
              Engine: { Type: "noop", Params: { Stdout: stdout } },
              Timeouts: { QueueTimeout: 60 },
            },
          ],
        },
      }),
    });
    const jobId = String(JobID);
    await expect.poll(() => statesOf(api, jobId), { timeout: 15_000 }).toEqual(["proposed", "proposed"]);
    const { cid } = await describeResults(memoryVolume({ stdout, stderr: "", exitCode: "0" }));
    for (const node of [bystander, requester]) {
      const early = await fetch(`${node.apiUrl}/ipfs/${cid}?format=car`);
      expect(early.ok).toBe(false);
    }

    await start({ compute: { enabled: true } });
    await expect
      .poll(() => statesOf(api, jobId), { timeout: 15_000 })
      .toEqual(["published", "published", "refuted"]);
    const late = await fetch(`${bystander.apiUrl}/ipfs/${cid}?format=car`);
    expect(late.status).toBe(200);
    expect(Buffer.from(await late.arrayBuffer()).includes(stdout)).toBe(true);
  }, 60_000);
});
