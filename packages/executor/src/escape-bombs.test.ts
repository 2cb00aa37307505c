import { memoryVolume } from "@gadus/storage/memory";
import { expect, test } from "vitest";
import { mounted } from "./conformance.ts";
import { escapeHost } from "./test-escape.ts";
import { builtModule, compileWat, type TaskWish, wasmRequest } from "./test-wasm.ts";

// Guests that don't end by themselves, or only after too much.

const host = escapeHost({ limits: { workers: 2 } });
const probe = await builtModule("probe");
const wasi = `"wasi_snapshot_preview1"`;

/** A module that calls host function `name` with `args` for ever. */
const calling = (name: string, types: string, args: string, before = ""): string => `(module
  (import ${wasi} "${name}" (func $f (param ${types}) (result i32)))
  (memory (export "memory") 256)
  (func (export "_start") ${before} (loop $again (drop (call $f ${args})) (br $again))))`;
const sleep = `(i64.store (i32.const 24) (i64.const -1)) (i32.store (i32.const 16) (i32.const 1))`;
const ENDLESS: Readonly<Record<string, string>> = {
  "that does nothing": `(module (func (export "_start") (loop $again (br $again))))`,
  "that counts": `(module (func (export "_start") (local i64)
    (loop $again (local.set 0 (i64.add (local.get 0) (i64.const 1))) (br $again))))`,
  "in a start function": `(module (start $f) (func $f (loop $again (br $again))) (func (export "_start")))`,
  "in an initializer": `(module (func (export "_initialize") (loop $again (br $again))) (func (export "_start"))
    (func (export "main")))`,
  "of calls": `(module (func $f) (func (export "_start") (loop $again (call $f) (br $again))))`,
  "of yields": calling("sched_yield", "", ""),
  "of polls for nothing": calling(
    "poll_oneoff",
    "i32 i32 i32 i32",
    "(i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)",
  ),
  "of polls for 2^31 events": calling(
    "poll_oneoff",
    "i32 i32 i32 i32",
    "(i32.const 0) (i32.const 0) (i32.const 0x80000000) (i32.const 0)",
  ),
  "of sleeps of 584 years": calling(
    "poll_oneoff",
    "i32 i32 i32 i32",
    "(i32.const 0) (i32.const 64) (i32.const 1) (i32.const 128)",
    sleep,
  ),
  "of listings from anywhere": calling(
    "fd_readdir",
    "i32 i32 i32 i64 i32",
    "(i32.const 3) (i32.const 16) (i32.const 4096) (i64.load (i32.const 16)) (i32.const 0)",
  ),
  "of printing nothing": calling(
    "fd_write",
    "i32 i32 i32 i32",
    "(i32.const 1) (i32.const 0) (i32.const 1024) (i32.const 9000)",
  ),
  "of bad descriptors": calling("fd_close", "i32", "(i32.const 77)"),
};

test.each(Object.keys(ENDLESS))(
  "a loop %s ends when its fuel is spent: 152, the same each time",
  async (name) => {
    const module = await compileWat(ENDLESS[name]!);
    const wish = { fuel: 20_000, params: { entrypoint: name.includes("initializer") ? "main" : "_start" } };
    const first = await host.attack(module, wish);
    expect(first).toMatchObject({ exitCode: 152, usage: { fuel: 20_000 }, files: { exitCode: "152" } });
    expect(await host.attack(module, wish)).toEqual(first);
  },
);

/** The same, once it has asked for "/in/x". */
const announced = (text: string): string =>
  text
    .replace(
      "(module",
      `(module (import ${wasi} "path_open" (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))`,
    )
    .replace("(memory", `(data (i32.const 0) "in/x") (memory`)
    .replace(
      "(loop",
      `(drop (call $open (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 4) (i32.const 0)
        (i64.const 0) (i64.const 0) (i32.const 0) (i32.const 8))) (loop`,
    );

test.each([
  [
    "its own code",
    `(module (memory (export "memory") 1) (func (export "_start") (loop $again (br $again))))`,
  ],
  ["randomness", calling("random_get", "i32 i32", "(i32.const 0) (i32.const 16000000)")],
  ["printing", ENDLESS["of printing nothing"]!],
  ["yields", ENDLESS["of yields"]!],
  ["sleeps", ENDLESS["of sleeps of 584 years"]!],
])("an endless loop of %s is ended from outside, and is no result", async (_, text) => {
  const asked = Promise.withResolvers<void>();
  const files = memoryVolume({ y: "" });
  const stat: typeof files.stat = async (path) => {
    if (path === "x") asked.resolve();
    return files.stat(path);
  };
  const inputs = [mounted("/in", { ...files, stat })];
  const request = await wasmRequest(await compileWat(announced(text)), { inputs });
  const controller = new AbortController();
  const running = host.executor.run(request, { signal: controller.signal });
  await asked.promise;
  // While another job runs from beginning to end, this one loops.
  expect(await host.attack(probe)).toMatchObject({ exitCode: 0 });
  controller.abort(new Error("time is up"));
  await expect(running).rejects.toThrow("time is up");
  expect(await request.results.stat("exitCode")).toBeUndefined();
  expect(await host.attack(probe)).toMatchObject({ exitCode: 0 });
});

const linked = async (library: string, main: string): Promise<readonly [Uint8Array, TaskWish]> => [
  await compileWat(main),
  {
    inputs: [mounted("/lib.wasm", memoryVolume({ "": await compileWat(library) }))],
    params: { importModules: ["/lib.wasm"] },
  },
];

const RECURSIONS: Readonly<Record<string, () => Promise<readonly [Uint8Array, TaskWish]>>> = {
  direct: async () => [await compileWat(`(module (func $f (export "_start") (call $f)))`), {}],
  "with large frames": async () => [
    await compileWat(`(module (func $f (export "_start") (local ${"v128 ".repeat(2000)}) (call $f)))`),
    {},
  ],
  "with many results": async () => [
    await compileWat(`(module (func $f (result ${"f64 ".repeat(500)}) (call $f))
      (func (export "_start") (call $f) ${"drop ".repeat(500)}))`),
    {},
  ],
  "through a table": async () => [
    await compileWat(`(module (type $t (func)) (table funcref (elem $f $g))
      (func $f (call_indirect (type $t) (i32.const 1))) (func $g (call_indirect (type $t) (i32.const 0)))
      (func (export "_start") (call $f)))`),
    {},
  ],
  "in a start function": async () => [
    await compileWat(`(module (start $f) (func $f (call $f)) (func (export "_start")))`),
    {},
  ],
  "that calls the host at its end": async () => [
    await compileWat(`(module (import ${wasi} "random_get" (func $random (param i32 i32) (result i32)))
      (memory (export "memory") 1)
      (func $f (drop (call $random (i32.const 0) (i32.const 64))) (call $f))
      (func (export "_start") (call $f)))`),
    {},
  ],
  "between a module and one that it imports": async () =>
    linked(
      `(module (type $t (func)) (table (export "table") 1 funcref)
        (func (export "call") (call_indirect (type $t) (i32.const 0))))`,
      `(module (import "lib" "call" (func $call)) (import "lib" "table" (table 1 funcref))
        (elem (i32.const 0) $f) (func $f (call $call)) (func (export "_start") (call $f)))`,
    ),
};

test.each(Object.keys(RECURSIONS))(
  "recursion without end, %s, is a trap: 134, the same each time",
  async (name) => {
    const [module, wish] = await RECURSIONS[name]!();
    const first = await host.attack(module, wish);
    expect(first).toMatchObject({ exitCode: 134, files: { exitCode: "134", stdout: "", stderr: "" } });
    expect(first.usage?.fuel).toBeGreaterThan(0);
    expect(await host.attack(module, wish)).toEqual(first);
  },
);
