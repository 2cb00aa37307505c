import { memoryVolume } from "@gadus/storage/memory";
import { expect, test } from "vitest";
import { mounted } from "./conformance.ts";
import { builtModule, compileWat, runToEnd, startedExecutor, wasmRequest } from "./test-wasm.ts";

const probe = await builtModule("probe");
const executor = startedExecutor();
const run = async (...given: Parameters<typeof wasmRequest>) =>
  runToEnd(executor, await wasmRequest(...given));

test("spent fuel is exit code 152, with what was printed until then, and the same fuel in every run", async () => {
  const said = await run(probe, { args: ["say", "out", "", "0"] });
  const needed = said.usage?.fuel ?? 0;
  expect(needed).toBeGreaterThan(1000);
  expect(await run(probe, { args: ["say", "out", "", "0"], fuel: needed })).toEqual(said);
  const spent = await run(probe, { args: ["say", "out", "", "0"], fuel: needed - 1 });
  expect(spent).toMatchObject({ exitCode: 152, usage: { fuel: needed - 1 }, files: { exitCode: "152" } });
  const endless = await run(probe, { args: ["loop"], fuel: 1_000_000 });
  expect(endless).toMatchObject({ exitCode: 152, usage: { fuel: 1_000_000 }, files: { exitCode: "152" } });
  const none = await run(
    await compileWat(`(module (memory 1) (data (i32.const 0) "${"x".repeat(80)}")
    (func (export "_start")))`),
    { fuel: 9 },
  );
  expect(none).toMatchObject({ exitCode: 152 });
});

test("modules that are linked share one fuel and one depth", async () => {
  const library = await compileWat(`(module (func (export "spin") (param i32)
    (loop (local.set 0 (i32.sub (local.get 0) (i32.const 1))) (br_if 0 (local.get 0)))))`);
  const module = await compileWat(`(module (import "lib" "spin" (func $spin (param i32)))
    (func (export "_start") (call $spin (i32.const 1000)) (call $spin (i32.const 1000))))`);
  const wish = {
    inputs: [mounted("/lib.wasm", memoryVolume({ "": library }))],
    params: { importModules: ["/lib.wasm"] },
  };
  const needed = 4 + 2 * (1 + 6 * 1000);
  expect(await run(module, wish)).toMatchObject({ exitCode: 0, usage: { fuel: needed } });
  expect(await run(module, { ...wish, fuel: needed })).toMatchObject({ exitCode: 0 });
  expect(await run(module, { ...wish, fuel: needed - 1 })).toMatchObject({ exitCode: 152 });
});

test("a module that a run outside a job leaves unchanged is not counted, and does the same", async () => {
  const request = await wasmRequest(probe, { args: ["say", "out", "", "7"], fuel: 1 });
  expect(await runToEnd(executor, request)).toMatchObject({ exitCode: 152 });
  const again = await wasmRequest(probe, { args: ["say", "out", "", "7"], fuel: 1 });
  const unchanged = await runToEnd(executor, { ...again, local: { unchanged: true } });
  expect(unchanged).toMatchObject({ exitCode: 7, usage: { fuel: 0 }, files: { stdout: "out", stderr: "" } });
  expect(unchanged.usage?.memoryPeakBytes).toBeGreaterThanOrEqual(65_536);
});

test("a module is refused all the same where it is to stay unchanged", async () => {
  const request = await wasmRequest(await compileWat('(module (import "env" "f" (func)))'));
  await expect(executor.run({ ...request, local: { unchanged: true } })).rejects.toMatchObject({
    code: "executor/invalid-module",
  });
});

test("data that doesn't fit its memory is a trap like any other", async () => {
  const module = await compileWat(
    `(module (memory 1) (data (i32.const 65535) "xy") (func (export "_start")))`,
  );
  expect(await run(module)).toMatchObject({ exitCode: 134, usage: { fuel: 0 } });
});

test("a trap is told from spent fuel, whatever was left of it", async () => {
  const module = await compileWat(`(module (func (export "_start") nop unreachable))`);
  expect(await run(module, { fuel: 2 })).toMatchObject({ exitCode: 134, usage: { fuel: 2 } });
  expect(await run(module, { fuel: 1 })).toMatchObject({ exitCode: 152, usage: { fuel: 1 } });
});

test("recursion without end is a trap of the same depth in every run, and the worker goes on", async () => {
  const module = await compileWat(`(module
    (import "wasi_snapshot_preview1" "sched_yield" (func $yield (result i32)))
    (memory (export "memory") 1)
    (func $f (local ${"i64 ".repeat(100)}) (drop (call $yield)) (call $f))
    (func (export "_start") (call $f)))`);
  const first = await run(module);
  expect(first.exitCode).toBe(134);
  for (let round = 0; round < 3; round += 1) expect(await run(module)).toEqual(first);
});
