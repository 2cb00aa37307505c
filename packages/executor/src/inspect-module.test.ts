import { expect, test, vi } from "vitest";
import { type AdmittedModule, inspectModule } from "./inspect-module.ts";
import { builtModule, compileWat } from "./test-wasm.ts";

const MIB = 1024 * 1024;

test("inspectModule() says what is admitted, what it imports, and what it may grow to", async () => {
  const module = await compileWat(`(module
    (import "wasi_snapshot_preview1" "fd_write" (func (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 2 900) (table 3 funcref)
    (func $start) (start $start)
    (func (export "_start")) (func (export "takes") (param i32)))`);
  const found = await inspectModule(module, "m.wasm", { memoryBytes: 4 * MIB });
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
    rewriting: { charges: 0, canonicalNans: 0, growths: 0 },
  });
});

test("inspectModule() says why a module is refused: its memory, its imports, or what it is", async () => {
  const probe = await builtModule("probe");
  expect(await inspectModule(probe, "m.wasm", { memoryBytes: 65_536 })).toMatchObject({
    admitted: false,
    sizeBytes: probe.length,
    reason: expect.stringContaining("starts with 327680 bytes of memory"),
  });
  const asking = await compileWat(`(module (import "env" "f" (func)))`);
  expect(await inspectModule(asking, "m.wasm", { memoryBytes: MIB })).toMatchObject({
    reason: expect.stringContaining("env.f"),
  });
  const invalid = await compileWat(`(module (func (export "_start")))`);
  invalid[invalid.length - 1] = 0x1a;
  expect(await inspectModule(invalid, "m.wasm", { memoryBytes: MIB })).toMatchObject({
    admitted: false,
    reason: expect.stringContaining("not WebAssembly"),
  });
});

test("inspectModule() counts what is put into a module's code", async () => {
  const module = await compileWat(`(module (memory 1) (func (export "_start")
    (drop (memory.grow (i32.const 1)))
    (i64.store (i32.const 0) (i64.reinterpret_f64 (f64.sqrt (f64.const -1))))))`);
  const { rewriting } = (await inspectModule(module, "m.wasm", { memoryBytes: MIB })) as AdmittedModule;
  expect(rewriting).toEqual({ charges: 1, canonicalNans: 1, growths: 1 });
});

test("inspectModule() takes what a module imports from others that are named, and checks them too", async () => {
  const main = await compileWat(`(module (import "math" "add" (func)) (memory 1) (func (export "_start")))`);
  const math = await compileWat(`(module (func (export "add")) (memory 1))`);
  const inspect = (...libraries: readonly (readonly [path: string, bytes: Uint8Array])[]) =>
    inspectModule(main, "m.wasm", {
      memoryBytes: MIB,
      libraries: libraries.map(([path, bytes]) => ({ path, bytes })),
    });
  expect(await inspect()).toMatchObject({ admitted: false, reason: expect.stringContaining("math.add") });
  expect(await inspect(["/lib/math.wasm", math])).toMatchObject({
    admitted: true,
    imports: ["math.add"],
    memory: { maxBytes: MIB / 2 },
  });
  const empty = await compileWat("(module)");
  expect(await inspect(["/math.wasm", empty])).toMatchObject({
    reason: expect.stringContaining('exports no "add"'),
  });
  expect(await inspect(["/math.wasm", math], ["/a/math.wasm", math])).toMatchObject({
    reason: expect.stringContaining('"math" is taken'),
  });
  const asking = await compileWat(`(module (import "env" "f" (func)) (func (export "add")))`);
  expect(await inspect(["/math.wasm", asking])).toMatchObject({
    reason: expect.stringContaining('"/math.wasm": unknown import env.f'),
  });
});

test("inspectModule() blames no module for what the engine throws beside, as for want of memory", async () => {
  const module = await compileWat(`(module (func (export "_start")))`);
  const compile = vi.spyOn(WebAssembly, "compile").mockRejectedValue(new RangeError("Out of memory"));
  try {
    await expect(inspectModule(module, "m.wasm", { memoryBytes: MIB })).rejects.toThrow("Out of memory");
  } finally {
    compile.mockRestore();
  }
});
