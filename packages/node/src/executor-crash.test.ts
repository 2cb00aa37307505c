import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generateSwarmKey } from "@gadus/transport/libp2p";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { type ConfigPatch, loadConfig, type RunningNode, startNode } from "./index.ts";
import type { Answer } from "./test-api.ts";

/** `(module (memory (export "memory") 1) (func (export "_start")) (func (export "endless") (loop (br 0))))`. */
const MODULE = Buffer.from(
  "0061736d0100000001040160000003030200000503010001071d03066d656d6f72790200065f73746172740000" +
    "07656e646c65737300010a0c0202000b070003400c000b0b",
  "hex",
);
const WITHIN = { timeout: 60_000 };
const swarmKey = generateSwarmKey();
const nodes: RunningNode[] = [];
let folder: string;
let jobs: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "gadus-crash-"));
  const requester = await start("both", { requester: { enabled: true, retryBackoffMs: 1 } });
  jobs = `${requester.apiUrl}/api/v1/orchestrator/jobs`;
  await start("other", { network: { bootstrap: [...requester.addresses()] } });
  const known = async (): Promise<number> => {
    const { Nodes } = await json(`${requester.apiUrl}/api/v1/orchestrator/nodes`);
    return Nodes.filter(({ Info }) => Info.ComputeNodeInfo !== undefined).length;
  };
  await vi.waitUntil(async () => (await known()) === 2, WITHIN);
}, 60_000);
afterAll(async () => {
  await Promise.all(nodes.map((node) => node.stop()));
  await rm(folder, { recursive: true });
});

async function start(name: string, flags: ConfigPatch): Promise<RunningNode> {
  const config = await loadConfig({
    flags: {
      ...flags,
      compute: { enabled: true },
      dataFolder: join(folder, name),
      api: { port: 0 },
      network: { listen: ["/ip4/127.0.0.1/tcp/0"], swarmKey, ...flags.network },
      log: { level: "silent" },
    },
  });
  const node = await startNode(config);
  nodes.push(node);
  return node;
}

const json = async (url: string, init?: RequestInit): Promise<Answer> =>
  (await (await fetch(url, init)).json()) as Answer;

async function submit(entrypoint: string): Promise<string> {
  const url = `data:application/wasm;base64,${MODULE.toString("base64")}`;
  const task = {
    Name: "main",
    Engine: { Type: "wasm", Params: { EntryModule: "/main.wasm", Entrypoint: entrypoint } },
    InputSources: [{ Source: { Type: "inline", Params: { URL: url } }, Target: "/main.wasm" }],
  };
  const body = JSON.stringify({ Job: { Type: "batch", Tasks: [task] } });
  return (await json(jobs, { method: "PUT", body })).JobID;
}

/** How the executions of a job are that were accepted, and the failures among them. */
async function executionsOf(jobId: string) {
  const { Executions } = await json(`${jobs}/${jobId}?include=executions`);
  const states = Executions.Items.map(({ ComputeState }) => ComputeState.Details.State);
  const failed = Executions.Items.find(({ ComputeState }) => ComputeState.Details.State === "failed");
  return {
    states: states.filter((state) => state === "running" || state === "failed").toSorted(),
    failure: failed?.ComputeState.Message,
  };
}

/** Executor processes that this process, which the nodes are in, started. */
function executorProcesses(): readonly number[] {
  return readdirSync("/proc")
    .map(Number)
    .filter((pid) => Number.isInteger(pid))
    .filter((pid) => new RegExp(`\\) [RSD] ${process.pid} `).test(readProc(pid, "stat")))
    .filter((pid) => readProc(pid, "cmdline").includes("wasm-process"));
}

function readProc(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return "";
  }
}

test("an executor process that is killed costs its node nothing but what it ran, which another node runs", async () => {
  const endless = await submit("endless");
  await expect.poll(() => executionsOf(endless), WITHIN).toMatchObject({ states: ["running"] });
  const killed = executorProcesses();
  expect(killed.length).toBe(2);
  for (const pid of killed) process.kill(pid, "SIGKILL");
  await expect
    .poll(() => executionsOf(endless), WITHIN)
    .toEqual({
      states: ["failed", "running"],
      failure: expect.stringMatching(/its process is gone/),
    });
  const next = await submit("_start");
  await expect
    .poll(async () => (await json(`${jobs}/${next}`)).Job.State.StateType, WITHIN)
    .toBe("Completed");
  expect(executorProcesses().filter((pid) => !killed.includes(pid)).length).toBe(2);
  await fetch(`${jobs}/${endless}`, { method: "DELETE" });
}, 120_000);
