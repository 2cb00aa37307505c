import { expect, test } from "vitest";
import { builtModule, compileWat, runToEnd, startedExecutor, wasmRequest } from "./test-wasm.ts";

const probe = await builtModule("probe");
const executor = startedExecutor();
const run = async (...given: Parameters<typeof wasmRequest>) =>
  runToEnd(executor, await wasmRequest(...given));

test("spent fuel is exit code 152, with what was printed until then, and the same fuel in every run", async () => {
  const said = await run(probe, { args: ["say", "out", "", "0"] });
  const needed = said.fuelUsed ?? 0;
  expect(needed).toBeGreaterThan(1000);
  expect(await run(probe, { args: ["say", "out", "", "0"], fuel: needed })).toEqual(said);
  const spent = await run(probe, { args: ["say", "out", "", "0"], fuel: needed - 1 });
  expect(spent).toMatchObject({ exitCode: 152, fuelUsed: needed - 1, files: { exitCode: "152" } });
  const endless = await run(probe, { args: ["loop"], fuel: 1_000_000 });
  expect(endless).toMatchObject({ exitCode: 152, fuelUsed: 1_000_000, files: { exitCode: "152" } });
  const none = await run(
    await compileWat(`(module (memory 1) (data (i32.const 0) "${"x".repeat(80)}")
    (func (export "_start")))`),
    { fuel: 9 },
  );
  expect(none).toMatchObject({ exitCode: 152 });
});

test("a trap is told from spent fuel, whatever was left of it", async () => {
  const module = await compileWat(`(module (func (export "_start") nop unreachable))`);
  expect(await run(module, { fuel: 2 })).toMatchObject({ exitCode: 134, fuelUsed: 2 });
  expect(await run(module, { fuel: 1 })).toMatchObject({ exitCode: 152, fuelUsed: 1 });
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
