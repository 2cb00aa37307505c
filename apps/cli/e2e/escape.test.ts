import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type ApiExecution,
  type ApiJobView,
  cidOf,
  createClient,
  publishedResults,
  stateOf,
} from "@gadus/client";
import { download } from "@gadus/client/download";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { endlessAttack, failingAttacks, runningAttacks } from "./attacks.ts";
import { type DevnetReady, isAlive, type Running, startDevnet } from "./gadus.ts";
import { runToEnd, submit, wasmJob } from "./jobs.ts";
import { childrenOf, commandOf, residentBytes } from "./process-memory.ts";

/** How often all attacks are made at once, after the first times, in which a node comes to what it always holds. */
const ROUNDS = Number(process.env.GADUS_E2E_ESCAPE_ROUNDS ?? 3);
const FIRST_ROUNDS = 2;
/** What a node and its executor process may hold more after all rounds than after the first ones. */
const MAX_GROWTH_BYTES = 96 * 1024 * 1024;
const SECRET = "what no guest may see";
/** Its times, in seconds: so old that the next reading is noted on any file system. */
const READ_AT = 1_767_225_600;
const WRITTEN_AT = 1_768_000_000;
const LOOK_MS = 20;

const folder = mkdtempSync(join(tmpdir(), "gadus-e2e-"));
const secrets = join(folder, "secrets");
const secret = join(secrets, "secret.txt");
const scratch = join(folder, "net", "compute-1", "data", "scratch");
const running = await runningAttacks([secret, secrets, scratch]);
const failing = await failingAttacks();
let net: Running<DevnetReady>;

beforeAll(async () => {
  mkdirSync(secrets);
  writeFileSync(secret, SECRET);
  utimesSync(secret, READ_AT, WRITTEN_AT);
  net = await startDevnet("--compute", "1", "--data-dir", join(folder, "net"));
});
afterEach(async () => {
  for (const { name, api } of net.ready.nodes) {
    const { status } = await fetch(`${api}/api/v1/agent/alive`);
    if (status !== 200) throw new Error(`${name} is not alive: ${status}`);
  }
  const { atimeMs, mtimeMs, size } = lstatSync(secret);
  const seen = [...readdirSync(folder).sort(), ...readdirSync(secrets), atimeMs, mtimeMs, size].join(" ");
  const wanted = `net secrets secret.txt ${READ_AT * 1000} ${WRITTEN_AT * 1000} ${SECRET.length}`;
  if (seen !== wanted) throw new Error(`the host's files were touched: ${seen}, not ${wanted}`);
});
afterAll(async () => {
  await net.end();
  rmSync(folder, { recursive: true, force: true });
});

const computeNode = (): number => net.ready.nodes.find(({ name }) => name === "compute-1")?.pid ?? 0;
const executorProcess = (): number | undefined =>
  childrenOf(computeNode()).find((pid) => commandOf(pid).includes("wasm-process"));

async function helloRuns(): Promise<void> {
  const { Job } = await runToEnd(net.ready.api, wasmJob("hello"));
  expect(Job.State?.StateType).toBe("Completed");
}

/** Every file of a completed job's results, after none was found to be anything but a file or a folder. */
async function resultOf(view: ApiJobView): Promise<Readonly<Record<string, string>>> {
  const into = mkdtempSync(join(tmpdir(), "gadus-e2e-results-"));
  try {
    const dir = join(into, "results");
    const [published] = publishedResults(view.Executions?.Items ?? []);
    const from = { cid: (published && cidOf(published.result)) ?? "" };
    const signal = AbortSignal.timeout(60_000);
    await download(createClient({ url: net.ready.api }), [{ folder: "", from }], dir, { signal });
    const files: Record<string, string> = {};
    for (const name of readdirSync(dir, { recursive: true, encoding: "utf8" })) {
      const found = lstatSync(join(dir, name));
      if (!found.isFile() && !found.isDirectory()) throw new Error(`${name} is neither a file nor a folder`);
      if (found.isFile()) files[name] = readFileSync(join(dir, name), "utf8");
    }
    return files;
  } finally {
    rmSync(into, { recursive: true, force: true });
  }
}

const endsOf = ({ Executions }: ApiJobView): readonly ApiExecution[] =>
  (Executions?.Items ?? []).filter((execution) => !["rejected", "declined"].includes(stateOf(execution)));

describe("a job that would do harm ends as it must, and so does the next one", () => {
  test.each(Object.entries(running))("%s", async (_, { document, exitCode, stdout }) => {
    const view = await runToEnd(net.ready.api, document);
    expect(view.Job.State).toMatchObject({ StateType: "Completed" });
    const files = await resultOf(view);
    expect(files).toMatchObject({ exitCode: String(exitCode), stdout: expect.stringMatching(stdout) });
    expect(Object.values(files).some((text) => text.includes(SECRET))).toBe(false);
    await helloRuns();
  });

  test.each(Object.entries(failing))("%s", async (_, { document, code }) => {
    const view = await runToEnd(net.ready.api, document);
    expect(view.Job.State).toMatchObject({ StateType: "Failed" });
    // Without a digest: what ended it is no result, and was never proposed.
    const ends = endsOf(view).map(({ ComputeState }) => ComputeState.Details);
    expect(ends.length).toBeGreaterThan(0);
    expect(ends).toEqual(ends.map(() => ({ State: "failed", Code: code, Blame: "job" })));
    await helloRuns();
  });
});

test("what was cut off is said where a job is looked at", async () => {
  const { Executions } = await runToEnd(net.ready.api, running["more output than is kept"]?.document);
  expect(Executions?.Items).toMatchObject([
    {
      ComputeState: { Message: "stdout and stderr were cut off: more was printed than is kept" },
      RunOutput: { StdoutTruncated: true, StderrTruncated: true },
    },
  ]);
});

test(
  `all of them at once, ${ROUNDS} times, leave every node alive, its memory as it was, and nothing on its disk`,
  async () => {
    const allAtOnce = async (): Promise<void> => {
      const stateOfJob = async ({ document }: { document: object }): Promise<string | undefined> =>
        (await runToEnd(net.ready.api, document)).Job.State?.StateType;
      const [completed, failed] = await Promise.all(
        [running, failing].map((attacks) => Promise.all(Object.values(attacks).map(stateOfJob))),
      );
      expect(new Set(completed)).toEqual(new Set(["Completed"]));
      expect(new Set(failed)).toEqual(new Set(["Failed"]));
      await helloRuns();
    };
    const heldBytes: number[] = [];
    for (let round = 0; round < FIRST_ROUNDS + ROUNDS; round += 1) {
      await allAtOnce();
      heldBytes.push(residentBytes(computeNode()));
    }
    // The least of several: what garbage there is at a moment differs by as much as a leak would.
    const atFirst = Math.max(...heldBytes.slice(0, FIRST_ROUNDS));
    expect(Math.min(...heldBytes.slice(FIRST_ROUNDS)) - atFirst).toBeLessThan(MAX_GROWTH_BYTES);
    expect(net.ready.nodes.filter(({ pid }) => !isAlive(pid))).toEqual([]);
    // Results stay until their publications were checked; then they go, and no event tells of it.
    while (readdirSync(scratch).length > 0) await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  },
  120_000 + ROUNDS * 60_000,
);

test("an executor process that is killed fails its execution and nothing else, and another takes its place", async () => {
  const killed = executorProcess() ?? 0;
  const { body } = await submit(net.ready.api, await endlessAttack(600));
  const jobId = String(body["JobID"]);
  const runs = Promise.withResolvers<void>();
  const followed = createClient({ url: net.ready.api }).wait(jobId, {
    all: true,
    onView: ({ Executions }) => {
      if (Executions?.Items.some((execution) => stateOf(execution) === "running")) runs.resolve();
    },
  });
  await runs.promise;
  process.kill(killed, "SIGKILL");
  const ends = endsOf(await followed).map(({ ComputeState }) => ComputeState.Details);
  expect(ends).toEqual([{ State: "failed", Code: "executor/engine-down", Blame: "nobody" }]);
  expect(isAlive(computeNode())).toBe(true);
  // Until the next one is there the only node has nothing to run a job with, and says so.
  await expect.poll(helloRuns, { timeout: 30_000 }).toBeUndefined();
  expect(executorProcess()).not.toBe(killed);
});
