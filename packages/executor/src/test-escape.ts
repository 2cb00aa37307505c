import { lstat, mkdir, mkdtemp, readdir, readFile, readlink, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CallOptions } from "@gadus/protocol";
import { openDiskScratch } from "@gadus/storage/scratch-disk";
import { memoryVolume } from "@gadus/storage/memory";
import { afterAll, beforeAll, expect } from "vitest";
import { mounted } from "./conformance.ts";
import type { Executor } from "./executor.ts";
import { builtModule, type Ending, newResults, type TaskWish, textFiles, wasmTask } from "./test-wasm.ts";
import { wasmExecutor, type WasmExecutorOptions } from "./wasm.ts";

/** A host with something to steal, and an executor on it that writes results to its disk. */
export interface EscapeHost {
  readonly executor: Executor;
  /** Absolute paths of what no guest may read, write or name: a file, its folder, and the scratch space beside it. */
  readonly secretFile: string;
  readonly secretFolder: string;
  readonly scratchFolder: string;
  /**
   * Runs `module` to its end, however that is, and then checks that nothing came of it: the host's files are what
   * they were, no result is a link or holds what is in them, and another job runs.
   */
  attack(module: Uint8Array, wish?: TaskWish, options?: CallOptions): Promise<Ending>;
}

const SECRET = "what no guest may see";
/** Its times, in seconds: a file system that notes only the first reading in a while notes one of a file so old. */
const READ_AT = 1_767_225_600;
const WRITTEN_AT = 1_768_000_000;
let attacks = 0;

/** An {@link EscapeHost} that is there for the tests of a file. */
export function escapeHost(options: WasmExecutorOptions = {}): EscapeHost {
  const executor = wasmExecutor({ ...options, limits: { workers: 1, ...options.limits } });
  let root = "";
  let probe = new Uint8Array();
  const host = {
    executor,
    get secretFolder(): string {
      return join(root, "secrets");
    },
    get secretFile(): string {
      return join(root, "secrets", "secret.txt");
    },
    get scratchFolder(): string {
      return join(root, "scratch");
    },
    async attack(module: Uint8Array, wish: TaskWish = {}, callOptions: CallOptions = {}): Promise<Ending> {
      const before = await snapshot(host.secretFolder);
      attacks += 1;
      const id = `attack-${attacks}`;
      const scratch = await openDiskScratch(host.scratchFolder);
      const results = await scratch.create(id);
      try {
        const result = await executor.run(
          { executionId: id, results, ...wasmTask(module, wish) },
          callOptions,
        );
        await checkResults(results.hostPath);
        return { ...result, files: await textFiles(results) };
      } finally {
        await scratch.remove(id);
        expect(await readdir(host.scratchFolder)).toEqual([]);
        expect((await readdir(root)).sort()).toEqual(["scratch", "secrets"]);
        expect(await snapshot(host.secretFolder)).toEqual(before);
        await checkStillRuns(executor, probe, id);
      }
    },
  };
  beforeAll(async () => {
    probe = new Uint8Array(await builtModule("probe"));
    root = await mkdtemp(join(tmpdir(), "gadus-escape-"));
    await mkdir(host.secretFolder);
    await writeFile(host.secretFile, SECRET);
    await utimes(host.secretFile, READ_AT, WRITTEN_AT);
    await executor.start();
  });
  afterAll(async () => {
    await executor.stop();
    await rm(root, { recursive: true, force: true });
  });
  return host;
}

/** The escape program of that name in `testdata/escape`. */
export function escapeProgram(name: string): Promise<Uint8Array> {
  return builtModule(`escape/${name}`);
}

/** What a program that includes `check.h` finds: an input at `/in`, and the result folder `/out`. */
export function checkedWish(more: TaskWish = {}): TaskWish {
  return {
    ...more,
    inputs: [mounted("/in", memoryVolume({ a: "input\n", "sub/b": "" })), ...(more.inputs ?? [])],
    details: { resultPaths: [{ name: "outputs", path: "/out" }], ...more.details },
  };
}

/** Of every file below `folder`: what it is, when it was changed, and when it was read. */
async function snapshot(folder: string): Promise<Readonly<Record<string, string>>> {
  const found: Record<string, string> = {};
  for (const name of (await readdir(folder, { recursive: true })).sort()) {
    const path = join(folder, name);
    const { mode, nlink, size, mtimeNs, atimeNs } = await lstat(path, { bigint: true });
    found[name] = [mode, nlink, size, mtimeNs, atimeNs].join(" ");
  }
  const secret = join(folder, "secret.txt");
  expect(await readFile(secret, "utf8")).toBe(SECRET);
  await utimes(secret, READ_AT, WRITTEN_AT);
  return found;
}

async function checkResults(folder: string | undefined): Promise<void> {
  if (folder === undefined) throw new Error("results are not on a disk");
  for (const name of await readdir(folder, { recursive: true })) {
    const path = join(folder, name);
    const found = await lstat(path);
    if (found.isSymbolicLink()) throw new Error(`${name} became a link to ${await readlink(path)}`);
    if (!found.isFile() && !found.isDirectory()) throw new Error(`${name} is neither a file nor a folder`);
    expect(found.isDirectory() || found.nlink === 1).toBe(true);
    if (found.isFile()) expect((await readFile(path)).includes(SECRET)).toBe(false);
  }
}

async function checkStillRuns(executor: Executor, probe: Uint8Array, after: string): Promise<void> {
  const results = await newResults();
  const result = await executor.run({ executionId: `after-${after}`, results, ...wasmTask(probe) });
  const files = await textFiles(results);
  expect({ ...result, files }).toMatchObject({
    exitCode: 0,
    files: { stdout: "Hello, world!\n", exitCode: "0" },
  });
}
