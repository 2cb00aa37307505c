import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { modulePath } from "./compile-modules.ts";
import { GADUS, gadus, startDevnet } from "./gadus.ts";
import { runToEnd, wasmJob } from "./jobs.ts";

const probe = fileURLToPath(new URL("../../../packages/executor/testdata/probe.wasm", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "gadus-e2e-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const local = (args: readonly string[], input?: string) =>
  gadus(["wasm", "run", "--local", ...args], input === undefined ? {} : { input });

test("wasm run --local passes both outputs, standard input and the exit code through", async () => {
  expect(await local([probe, "--", "say", "out", "err", "7"])).toEqual({
    exitCode: 7,
    stdout: "out",
    stderr: "err",
  });
  expect(await local([probe, "--", "cat"], "from a pipe\n")).toMatchObject({ stdout: "from a pipe\n" });
  expect(await local([probe, "-e", "A=1", "-e", "B=two words", "--", "env"])).toMatchObject({
    stdout: "A=1\nB=two words\n",
  });
});

test("wasm run --local --output json prints one object and nothing else", async () => {
  const { stdout, stderr } = await local(["--output", "json", probe, "--", "say", "out", "err", "300"]);
  expect(stderr).toBe("");
  expect(JSON.parse(stdout)).toMatchObject({
    exitCode: 300,
    stdout: "out",
    stderr: "err",
    fuel: expect.any(Number),
    memoryPeakBytes: expect.any(Number),
    digest: expect.stringMatching(/^h1:/),
    cid: expect.stringMatching(/^bafy/),
  });
});

test("wasm run --local --dir gives a copy of a folder, and --get writes the results", async () => {
  const data = join(folder, "data");
  mkdirSync(data);
  writeFileSync(join(data, "a.txt"), "kept");
  const results = join(folder, "results");
  const args = ["--dir", `${data}:fs-tests.dir`, "-o", "out:/out", "--get", results, probe];
  const copy = await local([...args, "--", "copy", "fs-tests.dir/a.txt", "/out/b.txt"]);
  expect(copy).toMatchObject({ exitCode: 0, stderr: "" });
  expect(readFileSync(join(results, "out", "b.txt"), "utf8")).toBe("kept");
  expect((await local([...args, "--", "env"])).stderr).toMatch(/it is not empty/);
  expect(readdirSync(data)).toEqual(["a.txt"]);
});

test("wasm run --local has a job's fuel, and --no-rewrite runs the module as it is, uncounted", async () => {
  const say = ["--output", "json", "--fuel", "100", probe, "--", "say", "out", "", "7"];
  expect(JSON.parse((await local(say)).stdout)).toMatchObject({ exitCode: 152, stdout: "", fuel: 100 });
  const unchanged = JSON.parse((await local(["--no-rewrite", ...say])).stdout);
  expect(unchanged).toMatchObject({ exitCode: 7, stdout: "out", fuel: 0 });
  const here = await gadus(["wasm", "run", "--no-rewrite", probe]);
  expect(here).toMatchObject({ exitCode: 2, stderr: expect.stringMatching(/--no-rewrite on a network/) });
});

test("wasm run --local ends with 125 where a module has no exit code of its own, and says why", async () => {
  const text = fileURLToPath(import.meta.url);
  const refused = { exitCode: 125, stdout: "", stderr: expect.stringMatching(/not WebAssembly/) };
  expect(await local([text])).toMatchObject(refused);
  expect(await local(["--output", "json", text])).toMatchObject(refused);
  const endless = await local(["--timeout", "1", probe, "--", "loop"]);
  expect(endless).toMatchObject({ exitCode: 125, stderr: expect.stringMatching(/did not end within 1 s/) });
});

test("wasm run --local says in words what it can't take", async () => {
  const cases = [
    [["--concurrency", "3", probe], /--concurrency with --local: there is no network/],
    [["--dir", "/none:x", probe], /there is no folder "\/none" here/],
    [[join(folder, "none.wasm")], /no file/],
    [["--seed", "zz", probe], /Seed/],
  ] as const;
  for (const [args, message] of cases) {
    expect(await local(args)).toMatchObject({ exitCode: 2, stderr: expect.stringMatching(message) });
  }
  const elsewhere = await gadus(["wasm", "run", "--dir", `${folder}:x`, probe]);
  expect(elsewhere).toMatchObject({ exitCode: 2, stderr: expect.stringMatching(/Add --local/) });
});

test("an interrupt ends wasm run --local while the module waits for input that never comes", async () => {
  const child = spawn(GADUS, ["wasm", "run", "--local", probe, "--", "cat"], { stdio: "pipe" });
  child.stdin.on("error", () => {});
  const ended = once(child, "exit");
  // More than a pipe holds: once it is gone, the module has begun to read.
  await new Promise<void>((resolve) => child.stdin.write(Buffer.alloc(1024 * 1024), () => resolve()));
  child.kill("SIGINT");
  expect(await ended).toEqual([130, null]);
});

test("wasm run --local has the results of a node that ran the same job, by the job's id", async () => {
  const net = await startDevnet("--compute", "1");
  try {
    const env = { GREETING: "hello" };
    const seed = "5a".repeat(32);
    const module = readFileSync(probe);
    const cases: readonly (readonly [parameters: readonly string[], fuel: number])[] = [
      [["env"], 10_000_000],
      [["entropy"], 10_000_000],
      [["list", "/"], 10_000_000],
      [["put", "/out/a", "x"], 10_000_000],
      [["list", "/"], 20_000],
    ];
    for (const [parameters, fuel] of cases) {
      const common = { EntryModule: "/module.wasm", Parameters: parameters, Fuel: fuel };
      const Params = { ...common, Seed: seed, Epoch: 5_000 };
      const job = wasmJob(
        module,
        {},
        {
          Engine: { Type: "wasm", Params },
          Env: env,
          ResultPaths: [{ Name: "out", Path: "/out" }],
        },
      );
      const { Job, Executions } = await runToEnd(net.ready.api, job);
      const published = Executions!.Items.find(({ PublishedResult }) => PublishedResult?.Params?.CID);
      const again = ["--job-id", Job.ID, "--seed", seed, "--epoch", "5000", "-e", "GREETING=hello"];
      const limits = ["--fuel", String(fuel), "-o", "out:/out"];
      const here = await local(["--output", "json", ...again, ...limits, probe, "--", ...parameters]);
      const { exitCode, cid, digest } = JSON.parse(here.stdout);
      expect(cid).toBe(published!.PublishedResult.Params.CID);
      expect(digest).toBe(published!.ComputeState.Details.Digest);
      expect(exitCode).toBe(fuel === 20_000 ? 152 : 0);
    }
  } finally {
    await net.end();
  }
});

test("a module that is committed for the other tests runs here too", async () => {
  expect(await local([fileURLToPath(modulePath("hello"))])).toMatchObject({ stdout: "Hello, world!\n" });
});
