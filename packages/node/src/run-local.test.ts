import { mkdtemp, mkdir, readdir, readFile, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ReadableVolume } from "@gadus/protocol";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type LocalRun, nameResults, runLocal } from "./run-local.ts";

const probe = fileURLToPath(new URL("../../executor/testdata/probe.wasm", import.meta.url));
let folder: string;
beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), "gadus-local-")));
  await mkdir(join(folder, "sub"));
  await writeFile(join(folder, "a.txt"), "from the host");
  await writeFile(join(folder, "sub", "b.txt"), "deeper");
  await symlink("/etc", join(folder, "link"));
});
afterAll(() => rm(folder, { recursive: true }));

interface Wish extends Partial<LocalRun> {
  readonly params?: Readonly<Record<string, unknown>>;
  readonly task?: Readonly<Record<string, unknown>>;
}

async function run(args: readonly string[], { params, task, ...rest }: Wish = {}) {
  const document = {
    Type: "batch",
    Tasks: [
      {
        Engine: { Type: "wasm", Params: { EntryModule: "/module.wasm", Parameters: args, ...params } },
        InputSources: [
          { Source: { Type: "localDirectory", Params: { SourcePath: probe } }, Target: "/module.wasm" },
        ],
        ...task,
      },
    ],
  };
  const ending = await runLocal({ document, folders: [], ...rest });
  return {
    ...ending,
    stdout: await textOf(ending.results, "stdout"),
    ...(await nameResults(ending.results)),
  };
}

async function textOf(volume: ReadableVolume, path: string): Promise<string> {
  const entry = await volume.stat(path);
  return new TextDecoder().decode(await volume.read(path, 0, entry?.sizeBytes ?? 0));
}

const copied = (): Wish => ({ folders: [{ path: folder, name: "data.dir" }] });

test("runLocal() names the results as a node would", async () => {
  const hello = await run([]);
  expect(hello).toMatchObject({ exitCode: 0, stdout: "Hello, world!\n" });
  expect(hello.digest).toBe("h1:Z8XgvV4hw3ACc0J3ACPoRJGTlFhcwSt2Q0oTUbrEV/w=");
  expect(hello.usage?.memoryPeakBytes).toBeGreaterThanOrEqual(65_536);
});

test("a guest has / alone, with its module, unless folders are given", async () => {
  expect((await run(["list", "/"])).stdout).toBe(".\n..\nmodule.wasm\nlist: ok\n");
  expect((await run(["list", "data.dir"], copied())).stdout).toBe(".\n..\na.txt\nsub\nlist: ok\n");
  expect((await run(["list", "/"], copied())).stdout).not.toMatch(/module/);
});

test("what a guest does to a folder's copy stays in the copy, and host links are not in it", async () => {
  expect((await run(["put", "data.dir/a.txt", "changed"], copied())).stdout).toBe("put: ok\n");
  expect((await run(["put", "data.dir/new", "x"], copied())).stdout).toBe("put: ok\n");
  expect((await run(["unlink", "data.dir/sub/b.txt"], copied())).stdout).toBe("unlink: ok\n");
  expect((await run(["list", "data.dir/link"], copied())).stdout).toMatch(/No such file/);
  expect((await readdir(folder)).sort()).toEqual(["a.txt", "link", "sub"]);
  expect(await readFile(join(folder, "a.txt"), "utf8")).toBe("from the host");
  expect(await readFile(join(folder, "sub", "b.txt"), "utf8")).toBe("deeper");
});

test("no guest link leads from a folder's copy to the host", async () => {
  for (const target of ["../../../../../../etc", "/etc"]) {
    const { stdout } = await run(["symlink", target, "data.dir/up", "data.dir/up/passwd"], copied());
    expect(stdout).not.toMatch(/then: ok/);
  }
  expect((await run(["peek", "data.dir/../a.txt", "0", "4"], copied())).stdout).not.toMatch(/peek: ok/);
});

test("a folder that can't be copied in is told, and why", async () => {
  const odd = await mkdtemp(join(tmpdir(), "gadus-local-"));
  await writeFile(join(odd, "two\nlines"), "");
  const copied = run(["env"], { folders: [{ path: odd, name: "odd" }] });
  await expect(copied).rejects.toMatchObject({
    code: "executor/invalid-params",
    message: expect.stringMatching(/"odd" can't be copied in: a name in it has control characters/),
  });
  await rm(odd, { recursive: true });
});

test("inputs and result paths are in /, beside folders", async () => {
  const task = {
    InputSources: [
      { Source: { Type: "localDirectory", Params: { SourcePath: probe } }, Target: "/module.wasm" },
      { Source: { Type: "inline", Params: { URL: "data:,inline" } }, Target: "/in.txt" },
    ],
    ResultPaths: [{ Name: "out", Path: "/out" }],
  };
  const { results } = await run(["copy", "/in.txt", "/out/copy"], { ...copied(), task });
  expect(await textOf(results, "out/copy")).toBe("inline");
});

test("standard input comes from outside, and is touched only by a guest that reads it", async () => {
  let reads = 0;
  const stdin: ReadableVolume = {
    stat: async (path) => ({ path, kind: "file", sizeBytes: 0 }),
    list: async function* () {},
    read: async () => {
      reads += 1;
      return new TextEncoder().encode(reads === 1 ? "one " : reads === 2 ? "two" : "");
    },
    close: async () => {},
  };
  expect((await run([], { stdin })).exitCode).toBe(0);
  expect(reads).toBe(0);
  expect((await run(["cat"], { stdin })).stdout).toBe("one two");
});

test("a job's id, seed and epoch give what a node would", async () => {
  expect((await run(["env"])).stdout).toBe("");
  expect((await run(["env"], { jobId: "j-7" })).stdout).toMatch(/^GADUS_JOB_ID=j-7$/m);
  const plain = await run(["entropy"]);
  expect((await run(["entropy"], { jobId: "j-7" })).stdout).toBe(plain.stdout);
  const other = await run(["entropy"], { params: { Seed: "11".repeat(32), Epoch: "1970-01-01T00:00:01Z" } });
  expect(other.stdout).toMatch(/ 1\.0000/);
  expect(other.stdout.slice(0, 80)).not.toBe(plain.stdout.slice(0, 80));
});

test("runLocal() ends a guest that is over its time", async () => {
  const endless = run(["loop"], { task: { Timeouts: { ExecutionTimeout: 1 } } });
  await expect(endless).rejects.toMatchObject({ code: "node/timed-out" });
});

test("an input from the network, or that isn't here, is refused", async () => {
  const from = (source: unknown): Wish => ({
    task: { InputSources: [{ Source: source, Target: "/module.wasm" }] },
  });
  const cid = "bafkreifzjut3te7nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e";
  await expect(run([], from({ Type: "ipfs", Params: { CID: cid } }))).rejects.toMatchObject({
    code: "node/not-local",
  });
  const gone = { Type: "localDirectory", Params: { SourcePath: join(folder, "gone") } };
  await expect(run([], from(gone))).rejects.toMatchObject({ code: "storage/not-found" });
});
