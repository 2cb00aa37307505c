import type { RunRequest } from "@gadus/executor";
import { noopExecutor } from "@gadus/executor/noop";
import { describeResults, type Task } from "@gadus/protocol";
import { createMemoryScratch } from "@gadus/storage/memory";
import { expect, test } from "vitest";
import { lyingExecutor } from "./lying-executor.ts";

const HONEST = "42 cod of 1000\n";

function makeTask(stdout: string): Task {
  return {
    terms: {
      jobId: "j-1",
      jobType: "batch",
      partition: 0,
      partitionCount: 1,
      engine: "noop",
      profile: "noop/0",
      inputs: [],
      resources: { cpuMillis: 100, memoryBytes: 1, diskBytes: 1, gpus: 0 },
      network: { type: "none", domains: [] },
      verifier: "deterministic",
      publisher: "ipfs",
      executionTimeoutMs: 1000,
      priority: 0,
    },
    details: {
      name: "main",
      engineParams: { stdout, exitCode: 0, durationMs: 0 },
      mounts: [],
      resultPaths: [],
      environment: {},
      publisherParams: {},
      epochMs: 0,
      seed: new Uint8Array(32),
    },
  };
}

async function run(lie: "wrong-result" | "agreeing" | "none", nodeId: string, stdout = HONEST) {
  const honest = noopExecutor();
  const executor = lie === "none" ? honest : lyingExecutor(honest, { lie, nodeId });
  await executor.start();
  const results = await createMemoryScratch().create("e-1");
  const request: RunRequest = { executionId: "e-1", task: makeTask(stdout), inputs: [], results };
  const { exitCode } = await executor.run(request);
  await executor.stop();
  const text = Buffer.from(await results.read("stdout", 0, 1000)).toString();
  return { text, exitCode, tree: await describeResults(results) };
}

test("a liar changes every digit, and nothing that shows it at a glance", async () => {
  const { text, exitCode, tree } = await run("wrong-result", "node-a");
  expect(text).toMatch(/^\d\d cod of \d{4}\n$/);
  const digits = Array.from(HONEST).flatMap((letter, index) => (/\d/.test(letter) ? [index] : []));
  expect(digits.filter((index) => text[index] === HONEST[index])).toEqual([]);
  expect(exitCode).toBe(0);
  expect(tree.digest).not.toBe((await run("none", "node-a")).tree.digest);
});

test.each(["", "no digits"])("a liar changes results without a digit too: %j", async (stdout) => {
  const { tree } = await run("wrong-result", "node-a", stdout);
  expect(tree.digest).not.toBe((await run("none", "node-a", stdout)).tree.digest);
});

test("agreeing liars all tell the same, others each their own", async () => {
  expect((await run("agreeing", "node-a")).tree).toEqual((await run("agreeing", "node-b")).tree);
  expect((await run("wrong-result", "node-a")).text).not.toBe((await run("wrong-result", "node-b")).text);
});
