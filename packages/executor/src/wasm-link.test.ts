import { memoryVolume } from "@gadus/storage/memory";
import { expect, test } from "vitest";
import { mounted } from "./conformance.ts";
import { compileWat, runToEnd, startedExecutor, wasmRequest } from "./test-wasm.ts";

const executor = startedExecutor();
const run = async (...given: Parameters<typeof wasmRequest>) =>
  runToEnd(executor, await wasmRequest(...given));
const wasi = `"wasi_snapshot_preview1"`;

/** A module that prints the text at the address that `call` leaves, from memory that `memory` declares. */
const printing = (memory: string, call: string): string => `(module
  (import ${wasi} "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  ${memory}
  (func (export "_start")
    (i32.store (i32.const 16) ${call})
    (i32.store (i32.const 20) (i32.const 3))
    (drop (call $write (i32.const 1) (i32.const 16) (i32.const 1) (i32.const 24)))))`;

test("a module imports from others, by their file's name, and they from those before them", async () => {
  const one = await compileWat(`(module (func (export "one") (result i32) i32.const 1))`);
  const two = await compileWat(`(module
    (import "one" "one" (func $one (result i32)))
    (import "/lib/one.wasm" "one" (func $again (result i32)))
    (func (export "two") (result i32) (i32.add (call $one) (call $again))))`);
  const module = await compileWat(`(module
    (import "two.wasm" "two" (func $two (result i32)))
    (import ${wasi} "proc_exit" (func $exit (param i32)))
    (func (export "_start") (call $exit (call $two))))`);
  const inputs = [
    mounted("/lib/one.wasm", memoryVolume({ "": one })),
    mounted("/two.wasm", memoryVolume({ "": two })),
  ];
  const params = { importModules: ["/lib/one.wasm", "/two.wasm"] };
  expect((await run(module, { inputs, params })).exitCode).toBe(2);
  const otherWay = run(module, { inputs, params: { importModules: ["/two.wasm", "/lib/one.wasm"] } });
  await expect(otherWay).rejects.toMatchObject({ code: "executor/invalid-module", blame: "job" });
});

test("host functions see the memory of the module that calls them, shared or its own", async () => {
  const library = await compileWat(`(module
    (import ${wasi} "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (data (i32.const 64) "lib")
    (func (export "_initialize") (i32.store (i32.const 0) (i32.const 64)) (i32.store (i32.const 4) (i32.const 3)))
    (func (export "print") (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))`);
  const inputs = [mounted("/lib.wasm", memoryVolume({ "": library }))];
  const params = { importModules: ["/lib.wasm"] };
  const own = printing(
    `(import "lib" "print" (func $print)) (memory (export "memory") 1) (data (i32.const 64) "own")`,
    `(block (result i32) (call $print) (i32.const 64))`,
  );
  expect((await run(await compileWat(own), { inputs, params })).files["stdout"]).toBe("libown");
  const shared = printing(`(import "lib" "memory" (memory 1))`, "(i32.const 64)");
  expect((await run(await compileWat(shared), { inputs, params })).files["stdout"]).toBe("lib");
});

test("modules that don't fit together are refused, and blame the job", async () => {
  const library = await compileWat(`(module (func (export "f")) (memory (export "m") 1))`);
  const inputs = [mounted("/lib.wasm", memoryVolume({ "": library }))];
  const params = { importModules: ["/lib.wasm"] };
  const cases = [
    [`(import "lib" "g" (func))`, /unknown import lib\.g \(the imported module "lib" exports no "g"\)/],
    [`(import "other" "f" (func))`, /unknown import other\.f \(only functions of \S+, "lib", "lib.wasm"/],
    [`(import "lib" "f" (func (param i32)))`, /"f": imported function does not match/],
    [`(import "lib" "m" (func))`, /"m": function import requires a callable/],
  ] as const;
  for (const [imports, message] of cases) {
    const refused = run(await compileWat(`(module ${imports} (func (export "_start")))`), { inputs, params });
    await expect(refused).rejects.toMatchObject({ code: "executor/invalid-module", blame: "job" });
    await expect(refused).rejects.toThrow(message);
  }
});

test("memories of imported modules count towards the task's limit", async () => {
  const library = await compileWat(`(module (memory (export "memory") 10))`);
  const module = await compileWat(`(module (memory (export "memory") 10) (func (export "_start")))`);
  const wish = {
    inputs: [mounted("/lib.wasm", memoryVolume({ "": library }))],
    params: { importModules: ["/lib.wasm"] },
  };
  expect(await run(module, wish)).toMatchObject({ exitCode: 0, usage: { memoryPeakBytes: 20 * 65_536 } });
  const small = run(module, { ...wish, resources: { memoryBytes: 19 * 65_536 } });
  await expect(small).rejects.toMatchObject({ code: "executor/limit-exceeded", blame: "job" });
});

test("a module of the reactor kind is initialized before its entry point is called", async () => {
  const module = await compileWat(`(module
    (import ${wasi} "proc_exit" (func $exit (param i32)))
    (global $state (mut i32) (i32.const 1))
    (func (export "_initialize") (global.set $state (i32.const 5)))
    (func (export "main") (call $exit (global.get $state))))`);
  expect((await run(module, { params: { entrypoint: "main" } })).exitCode).toBe(5);
  expect((await run(module, { params: { entrypoint: "_initialize" } })).exitCode).toBe(0);
});

test("a program that prints over the cap fails where its job says so, and blames the job", async () => {
  const module = await compileWat(`(module
    (import ${wasi} "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 20)
    (func (export "_start")
      (i32.store (i32.const 4) (i32.const 1048577))
      (drop (call $write (i32.const 2) (i32.const 0) (i32.const 1) (i32.const 8)))))`);
  expect(await run(module)).toMatchObject({ exitCode: 0, stdoutTruncated: false, stderrTruncated: true });
  const failing = run(module, { params: { outputOverflow: "fail" } });
  await expect(failing).rejects.toMatchObject({ code: "executor/limit-exceeded", blame: "job" });
  await expect(failing).rejects.toThrow(/it printed more than 1048576 bytes to stderr/);
});

test("a memory that modules share grows to what the one that has it says, and no further for any of them", async () => {
  const library = await compileWat(`(module (memory (export "memory") 1 3)
    (global (export "answer") i32 (i32.const 40)))`);
  const between = await compileWat(`(module (import "lib" "memory" (memory 1)) (export "again" (memory 0)))`);
  const module = await compileWat(`(module
    (import "between" "again" (memory 1))
    (import "lib" "answer" (global $answer i32))
    (import ${wasi} "proc_exit" (func $exit (param i32)))
    (func (export "_start")
      (call $exit (i32.add (global.get $answer) (i32.add
        (i32.mul (i32.const 10) (memory.grow (i32.const 2)))
        (memory.grow (i32.const 1)))))))`);
  const inputs = [
    mounted("/lib.wasm", memoryVolume({ "": library })),
    mounted("/between.wasm", memoryVolume({ "": between })),
  ];
  // It grew from one page by two, and not by one more.
  const params = { importModules: ["/lib.wasm", "/between.wasm"] };
  expect((await run(module, { inputs, params })).exitCode).toBe(40 + 10 - 1);
});
