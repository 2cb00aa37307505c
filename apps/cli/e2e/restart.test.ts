import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient, stateOf } from "@gadus/client";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { NodeReady } from "../src/parent-process.ts";
import { type Running, startServe } from "./gadus.ts";
import { submit, waitForEnd } from "./jobs.ts";

/** Long enough that the requester is down while it runs. */
const DURATION_MS = 5000;
const folder = mkdtempSync(join(tmpdir(), "gadus-e2e-"));
const key = join(folder, "swarm.key");
const running: Running<NodeReady>[] = [];

async function start(name: string, ...args: readonly string[]): Promise<Running<NodeReady>> {
  const node = await startServe("--swarm-key", key, "--data-dir", join(folder, name), ...args);
  running.push(node);
  return node;
}

beforeAll(() => {
  writeFileSync(key, `/key/swarm/psk/1.0.0/\n/base16/\n${randomBytes(32).toString("hex")}\n`);
});
afterAll(async () => {
  await Promise.all(running.map((node) => node.end()));
  rmSync(folder, { recursive: true, force: true });
});

test("a job goes on while its requester is stopped, and finishes once it is started again", async () => {
  const anyPort = ["--listen", "/ip4/127.0.0.1/tcp/0", "--api-port", "0"];
  const requester = await start("requester", "--requester", ...anyPort);
  const { nodeId, api, addresses } = requester.ready;
  const bootstrap = addresses.flatMap((address) => ["--bootstrap", address]);
  await start("compute", "--compute", ...anyPort, ...bootstrap);

  const engine = { Type: "noop", Params: { Stdout: "done\n", DurationMs: DURATION_MS } };
  const document = { Type: "batch", Tasks: [{ Engine: engine, Timeouts: { QueueTimeout: 30 } }] };
  const { body } = await submit(api, document);
  const jobId = String(body.JobID);
  const stopFollowing = new AbortController();
  const followed = createClient({ url: api }).wait(jobId, {
    all: false,
    signal: stopFollowing.signal,
    onView: ({ Executions }) => {
      if (Executions?.Items.some((execution) => stateOf(execution) === "running"))
        stopFollowing.abort("running");
    },
  });
  await expect(followed).rejects.toBe("running");
  expect(await requester.end("SIGTERM")).toBe(0);

  const samePorts = [
    "--listen",
    String(addresses[0]).replace(/\/p2p\/.*/, ""),
    "--api-port",
    new URL(api).port,
  ];
  const again = await start("requester", "--requester", ...samePorts);
  expect(again.ready.nodeId).toBe(nodeId);
  const { Job, Executions } = await waitForEnd(again.ready.api, jobId);
  expect(Job.State).toMatchObject({ StateType: "Completed" });
  expect(Executions!.Items.map(stateOf)).toEqual(["published"]);
});
