import { expect, test } from "vitest";
import { inspectModule } from "./inspect-module.ts";
import { builtModule, compileWat } from "./test-wasm.ts";

const MIB = 1024 * 1024;

test("inspectModule() says what is admitted, what it imports, and what it may grow to", async () => {
  const module = await compileWat(`(module
    (import "wasi_snapshot_preview1" "fd_write" (func (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 2 900) (table 3 funcref)
    (func $start) (start $start)
    (func (export "_start")) (func (export "takes") (param i32)))`);
  const found = await inspectModule(module, "m.wasm", 4 * MIB);
  expect(found).toMatchObject({
    admitted: true,
    profile: "wasm/1",
    sizeBytes: module.length,
    imports: ["wasi_snapshot_preview1.fd_write"],
    entrypoints: ["_start"],
    functions: 3,
    memory: { initialBytes: 131_072, maxBytes: 4 * MIB },
    tables: [{ initialElements: 3, maxElements: 1_000_000 }],
    startFunction: true,
    startFuel: 3,
    stripped: [],
  });
});

test("inspectModule() says why a module is refused: its memory, its imports, or what it is", async () => {
  const probe = await builtModule("probe");
  expect(await inspectModule(probe, "m.wasm", 65_536)).toMatchObject({
    admitted: false,
    sizeBytes: probe.length,
    reason: expect.stringContaining("starts with 327680 bytes of memory"),
  });
  const asking = await compileWat(`(module (import "env" "f" (func)))`);
  expect(await inspectModule(asking, "m.wasm", MIB)).toMatchObject({
    reason: expect.stringContaining("env.f"),
  });
  const invalid = await compileWat(`(module (func (export "_start")))`);
  invalid[invalid.length - 1] = 0x1a;
  expect(await inspectModule(invalid, "m.wasm", MIB)).toMatchObject({
    admitted: false,
    reason: expect.stringContaining("not WebAssembly"),
  });
});
