import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { generateSwarmKey } from "@gadus/transport/libp2p";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type ConfigPatch, loadConfig, type RunningNode, startNode } from "./index.ts";

const swarmKey = generateSwarmKey();
let root = "";
let nodes: RunningNode[] = [];

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "gadus-local-"));
});
afterEach(async () => {
  await Promise.all(nodes.map((node) => node.stop()));
  nodes = [];
  await rm(root, { recursive: true });
});

async function start(flags: ConfigPatch): Promise<RunningNode> {
  const bootstrap = nodes.slice(0, 1).flatMap((node) => [...node.addresses()]);
  const config = await loadConfig({
    flags: {
      ...flags,
      dataFolder: join(root, String(nodes.length)),
      api: { port: 0 },
      network: { listen: ["/ip4/127.0.0.1/tcp/0"], swarmKey, bootstrap },
      log: { level: "silent" },
    },
  });
  const node = await startNode(config);
  nodes.push(node);
  return node;
}

interface Answer {
  readonly JobID?: string;
  readonly Job: { readonly State: { readonly StateType: string; readonly Message: string } };
  readonly Items: readonly { readonly Type: string; readonly Params: Readonly<Record<string, string>> }[];
  readonly Executions: {
    readonly Items: readonly {
      readonly NodeID: string;
      readonly PublishedResult: object;
      readonly ComputeState: { readonly Details: Readonly<Record<string, string>> };
    }[];
  };
}

async function json(url: string, init?: RequestInit): Promise<Answer> {
  return (await (await fetch(url, init)).json()) as Answer;
}

/** Submits a job that prints `stdout` and publishes it; settles once it is over, with its URL. */
async function run(api: string, stdout: string, publisher = "local"): Promise<string> {
  const jobs = `${api}/api/v1/orchestrator/jobs`;
  const Tasks = [
    {
      Engine: { Type: "noop", Params: { Stdout: stdout } },
      Publisher: { Type: publisher },
      Timeouts: { QueueTimeout: 1 },
    },
  ];
  const { JobID } = await json(jobs, { method: "PUT", body: JSON.stringify({ Job: { Tasks } }) });
  const job = `${jobs}/${JobID}`;
  await expect
    .poll(async () => (await json(job)).Job.State.StateType, { timeout: 30_000 })
    .toMatch(/^(Completed|Failed)$/);
  return job;
}

test("a result is at a URL of the node that ran it, and the requester gives it by its CID", async () => {
  const requester = await start({ requester: { enabled: true } });
  const compute = await start({ compute: { enabled: true } });
  const job = await run(requester.apiUrl, "published over HTTP");
  const { Items } = await json(`${job}/results`);
  expect(Items).toEqual([
    { Type: "urlDownload", Params: { CID: expect.stringMatching(/^bafy/), URL: expect.any(String) } },
  ]);
  const { URL = "", CID = "" } = Items[0]?.Params ?? {};
  expect(URL.startsWith(`${compute.apiUrl}/results/${CID}.`)).toBe(true);
  expect(URL).toMatch(/\.tar\.gz$/);
  const archive = gunzipSync(new Uint8Array(await (await fetch(URL)).arrayBuffer()));
  expect(archive.includes("published over HTTP")).toBe(true);
  const stdout = await fetch(`${job}/results/download.tar.gz?path=stdout`);
  expect(await stdout.text()).toBe("published over HTTP");
});

test("a requester passes on what is published with ipfs, by a link that needs no key and no compute role", async () => {
  const requester = await start({ requester: { enabled: true } });
  const compute = await start({ compute: { enabled: true } });
  const job = await run(requester.apiUrl, "passed on", "ipfs");
  const { Items } = await json(`${job}/results`, { headers: { "X-Bacalhau-Git-Version": "v1.7.0" } });
  const { URL = "", CID = "" } = Items[0]?.Params ?? {};
  expect(Items).toEqual([{ Type: "urlDownload", Params: { CID, URL } }]);
  expect(URL.startsWith(`${requester.apiUrl}/results/${CID}.`)).toBe(true);
  const archive = gunzipSync(new Uint8Array(await (await fetch(URL)).arrayBuffer()));
  expect(archive.includes("passed on")).toBe(true);
  // Of the requester alone: the node that ran it made no such link.
  expect((await fetch(URL.replace(requester.apiUrl, compute.apiUrl))).status).toBe(404);
});

test("a link is below the address that the operator set", async () => {
  const url = "https://example.org/gadus";
  const requester = await start({
    requester: { enabled: true },
    compute: { publishers: { local: { url } } },
  });
  await start({ compute: { enabled: true } });
  const job = await run(requester.apiUrl, "behind a proxy", "ipfs");
  const { Items } = await json(`${job}/results`, { headers: { "X-Bacalhau-Git-Version": "v1.7.0" } });
  expect(Items[0]?.Params["URL"]).toMatch(/^https:\/\/example\.org\/gadus\/results\/bafy/);
});

test("a node that gives another URL is refused and blamed, nobody is told of it, and an honest node does the job", async () => {
  const requester = await start({ requester: { enabled: true } });
  const liar = await start({ compute: { enabled: true, lie: "wrong-link" } });
  const refused = await run(requester.apiUrl, "lured");
  const { Job, Executions } = await json(`${refused}?include=executions`);
  expect(Job.State).toMatchObject({
    StateType: "Failed",
    Message: expect.stringContaining('its URL is at "169.254.169.254", which nobody is to be sent to'),
  });
  expect(Executions.Items).toHaveLength(1);
  expect(Executions.Items[0]).toMatchObject({
    NodeID: liar.nodeId,
    PublishedResult: { Type: "", Params: {} },
    ComputeState: { Details: { Retrievable: "false", Code: "publisher/wrong-content", Blame: "node" } },
  });
  expect((await json(`${refused}/results`)).Items).toEqual([]);
  expect(JSON.stringify(await json(`${refused}/history`))).not.toContain("/results/");

  const honest = await start({ compute: { enabled: true } });
  const job = await run(requester.apiUrl, "not lured");
  const { Items } = await json(`${job}/results`);
  expect(Items[0]?.Params["URL"]?.startsWith(honest.apiUrl)).toBe(true);
});

test("a node whose operator turned it off doesn't offer it, and a job that wants it is told so", async () => {
  const requester = await start({ requester: { enabled: true } });
  await start({ compute: { enabled: true, publishers: { local: { enabled: false } } } });
  const job = await run(requester.apiUrl, "nowhere");
  expect((await json(job)).Job.State).toMatchObject({
    StateType: "Failed",
    Message: expect.stringContaining("no publisher local"),
  });
});
