import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { memoryVolume } from "@gadus/storage/memory";
import { expect, test } from "vitest";
import { mounted } from "./conformance.ts";
import { ENGINE_DOWN, isRunning, processOf, waitingRun, WITHIN } from "./test-processes.ts";
import { builtModule, compileWat, runToEnd, wasmRequest } from "./test-wasm.ts";
import { wasmExecutor } from "./wasm.ts";

const probe = await builtModule("probe");

test("workers that are used once are each used for one guest, and one more than may run stands ready", async () => {
  const executor = wasmExecutor({ limits: { workers: 1, maxRunsPerWorker: 1 } });
  await executor.start();
  const threads = (): readonly string[] => {
    const tasks = `/proc/${processOf()}/task`;
    return readdirSync(tasks).filter((id) => {
      return readFileSync(join(tasks, id, "comm"), "utf8") === "gadus-wasm\n";
    });
  };
  for (let round = 0; round < 3; round += 1) {
    await expect.poll(() => threads().length, WITHIN).toBe(2);
    const before = threads();
    expect((await runToEnd(executor, await wasmRequest(probe))).exitCode).toBe(0);
    const left = (): readonly string[] => threads().filter((thread) => before.includes(thread));
    await expect.poll(() => [left().length, threads().length], WITHIN).toEqual([1, 2]);
  }
  await executor.stop();
});

test("a worker whose heap is full fails its execution and no other", async () => {
  const executor = wasmExecutor({ limits: { workers: 2, maxHeapMib: 16 } });
  await executor.start();
  const pid = processOf();
  const controller = new AbortController();
  const { running } = await waitingRun(executor, controller.signal);
  const names = Array.from({ length: 90_000 }, (_, index) => [`a file with number ${index}`, ""] as const);
  const inputs = [mounted("/data", memoryVolume(Object.fromEntries(names)))];
  const crowded = executor.run(await wasmRequest(probe, { args: ["list", "/data"], inputs }));
  await expect(crowded).rejects.toMatchObject({ ...ENGINE_DOWN, message: expect.stringMatching(/memory/) });
  expect((await runToEnd(executor, await wasmRequest(probe))).exitCode).toBe(0);
  expect(isRunning(pid)).toBe(true);
  controller.abort(new Error("it still runs"));
  await expect(running).rejects.toThrow("it still runs");
  await executor.stop();
});

test("memory that the machine doesn't have fails an execution, whether it is wanted at first or later", async () => {
  const executor = wasmExecutor({ limits: { workers: 1 } });
  await executor.start();
  const pid = processOf();
  const MIB = 1024 * 1024;
  const [, dataKib] = /VmData:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  execFileSync("prlimit", [`--pid=${pid}`, `--data=${Number(dataKib) * 1024 + 900 * MIB}`]);
  const resources = { memoryBytes: 1024 * MIB };
  const growing = await compileWat(`(module (memory (export "memory") 1)
    (func (export "_start") (drop (memory.grow (i32.const 16000)))))`);
  await expect(executor.run(await wasmRequest(growing, { resources }))).rejects.toMatchObject({
    ...ENGINE_DOWN,
    message: expect.stringMatching(/this machine has no memory left for it/),
  });
  const large = await compileWat(`(module (memory (export "memory") 16000) (func (export "_start")))`);
  await expect(executor.run(await wasmRequest(large, { resources }))).rejects.toMatchObject({
    ...ENGINE_DOWN,
    message: expect.stringMatching(/Out of memory/),
  });
  const library = await compileWat(`(module (memory (export "memory") 1))`);
  const shared = await compileWat(`(module (import "lib" "memory" (memory 1))
    (func (export "_start") (drop (memory.grow (i32.const 16000)))))`);
  const linked = {
    inputs: [mounted("/lib.wasm", memoryVolume({ "": library }))],
    params: { importModules: ["/lib.wasm"] },
    resources: { memoryBytes: 2048 * MIB },
  };
  await expect(executor.run(await wasmRequest(shared, linked))).rejects.toMatchObject({
    ...ENGINE_DOWN,
    message: expect.stringMatching(/this machine has no memory left for it/),
  });
  expect((await runToEnd(executor, await wasmRequest(probe))).exitCode).toBe(0);
  expect(isRunning(pid)).toBe(true);
  await executor.stop();
});
