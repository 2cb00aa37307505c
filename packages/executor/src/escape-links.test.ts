import { memoryVolume } from "@gadus/storage/memory";
import { describe, expect, test } from "vitest";
import { mounted } from "./conformance.ts";
import { escapeHost } from "./test-escape.ts";
import { compileWat, type TaskWish } from "./test-wasm.ts";

// Names that mean something to the host or to JavaScript, and modules that link in ways that nobody meant.

const host = escapeHost();
const wasi = `"wasi_snapshot_preview1"`;
const START = `(func (export "_start"))`;
const invalid = { code: "executor/invalid-module", blame: "job" };
const wrong = { code: "executor/invalid-params", blame: "job" };
const trapped = { exitCode: 134 };
const ended = { exitCode: 0 };

/** A module's text, and the texts of libraries by path, in the order in which they are imported. */
interface Linked {
  readonly main: string;
  readonly libraries?: Readonly<Record<string, string>>;
  readonly entrypoint?: string;
}

async function attack({ main, libraries = {}, entrypoint = "_start" }: Linked): Promise<unknown> {
  const entries = Object.entries(libraries);
  const volumes = await Promise.all(
    entries.map(async ([path, text]) => mounted(path, memoryVolume({ "": await compileWat(text) }))),
  );
  const wish: TaskWish = {
    inputs: volumes,
    params: { entrypoint, importModules: entries.map(([path]) => path) },
    fuel: 10_000_000,
  };
  return await host.attack(await compileWat(main), wish);
}

describe("a module that would get at what it is counted with, or at names of the host, is refused", () => {
  test.each(
    Object.entries({
      "the meter's name exported": `(module (global (export "gadus.fuel") (mut i64) (i64.const 9)) ${START})`,
      "the depth's name exported": `(module (global (export "gadus.depth") (mut i32) (i32.const 9)) ${START})`,
      "a start function's name exported": `(module (func (export "gadus.start")) ${START})`,
      "a memory of that name": `(module (memory (export "gadus.memory") 1) ${START})`,
      "the meter imported": `(module (import "gadus" "gadus.fuel" (global (mut i64))) ${START})`,
      "the meter imported from elsewhere": `(module (import "x" "gadus.fuel" (global (mut i64))) ${START})`,
      "something else of the meter's namespace": `(module (import "gadus" "constructor" (func)) ${START})`,
      "a host function of JavaScript's": `(module (import ${wasi} "constructor" (func)) ${START})`,
      "a host function called __proto__": `(module (import ${wasi} "__proto__" (func)) ${START})`,
      "a host function called toString": `(module (import ${wasi} "toString" (func (result i32))) ${START})`,
      "a namespace called __proto__": `(module (import "__proto__" "toString" (func)) ${START})`,
      "a host function as a global": `(module (import ${wasi} "fd_write" (global i32)) ${START})`,
      "a host's memory": `(module (import ${wasi} "memory" (memory 1)) ${START})`,
      "a host's table": `(module (import "env" "table" (table 1 funcref)) ${START})`,
      "a name with a NUL": `(module (import ${wasi} "fd_close\\00" (func (param i32) (result i32))) ${START})`,
      "an initializer that takes a number": `(module (func (export "_initialize") (param i64)) ${START}
        (func (export "main")))`,
      "an initializer that leaves a vector": `(module (func (export "_initialize") (result v128)
        (v128.const i64x2 0 0)) ${START})`,
      "an entry point that takes a number": `(module (func (export "_start") (param i64)))`,
      "an entry point that leaves a vector": `(module (func (export "_start") (result v128)
        (v128.const i64x2 0 0)))`,
      "an entry point that is a memory": `(module (memory (export "_start") 1))`,
      "a host function with another entry": `(module (import ${wasi} "fd_close" (func $f (param i32) (result i32)))
        (export "_start" (func $f)))`,
    }),
  )("%s", async (_, main) => {
    await expect(attack({ main })).rejects.toMatchObject(invalid);
  });
});

test("exports with names that mean something to JavaScript mean nothing", async () => {
  const names = ["__proto__", "constructor", "then", "toString", "valueOf", "hasOwnProperty", "toJSON", ""];
  const exported = names.map((name) => `(func (export "${name}") unreachable)`).join(" ");
  const taken = names.map((name, index) => `(import "lib" "${name}" (func $f${index}))`).join(" ");
  for (const path of ["/lib.wasm", "/__proto__.wasm", "/constructor", "/then.wasm", "/.wasm"]) {
    const namespace = path.slice(1).replace(".wasm", "");
    const library = `(module ${exported})`;
    const main = `(module ${taken.replaceAll(`"lib"`, `"${namespace}"`)} ${exported} ${START})`;
    expect(await attack({ main, libraries: { [path]: library } })).toMatchObject(ended);
  }
  expect(await attack({ main: `(module ${exported})`, entrypoint: "then" })).toMatchObject(trapped);
  expect(await attack({ main: `(module ${exported})`, entrypoint: "__proto__" })).toMatchObject(trapped);
  await expect(attack({ main: `(module ${START})`, entrypoint: "constructor" })).rejects.toMatchObject(
    invalid,
  );
});

test("a host function that a module exports again runs as itself, and can be the entry point", async () => {
  const main = `(module (import ${wasi} "sched_yield" (func $yield (result i32))) (export "_start" (func $yield)))`;
  expect(await attack({ main })).toMatchObject(ended);
  const libraries = {
    "/lib.wasm": `(module (import ${wasi} "random_get" (func $f (param i32 i32) (result i32)))
      (memory (export "memory") 1) (export "random" (func $f)))`,
  };
  // Its addresses are of the library's memory, which has one page; the module's own has two.
  const caller = `(module (import "lib" "random" (func $random (param i32 i32) (result i32)))
    (memory (export "memory") 2)
    (func (export "_start")
      (if (i32.ne (call $random (i32.const 65536) (i32.const 1)) (i32.const 21)) (then unreachable))
      (if (call $random (i32.const 0) (i32.const 64)) (then unreachable))
      (if (i32.load (i32.const 0)) (then unreachable))))`;
  expect(await attack({ main: caller, libraries })).toMatchObject(ended);
});

test("a memory under another kind's name, or another name, is no memory to the host", async () => {
  const sizes = `(import ${wasi} "args_sizes_get" (func $sizes (param i32 i32) (result i32)))`;
  const fault = `(func (export "_start")
    (if (i32.ne (call $sizes (i32.const 0) (i32.const 4)) (i32.const 21)) (then unreachable)))`;
  for (const declared of [
    `(func (export "memory"))`,
    `(global (export "memory") i32 (i32.const 1))`,
    `(table (export "memory") 1 funcref)`,
    ``,
  ]) {
    expect(await attack({ main: `(module ${sizes} ${declared} ${fault})` })).toMatchObject(ended);
  }
});

describe("modules that are linked can't take each other's place", () => {
  test.each(
    Object.entries({
      "one that is given twice": [{ "/a/m.wasm": "(module)", "/b/m.wasm": "(module)" }, wrong],
      "one called as the host's functions": [{ "/wasi_snapshot_preview1.wasm": "(module)" }, wrong],
      "one called as the meter": [{ "/gadus.wasm": "(module)" }, wrong],
      "one that imports from itself": [
        { "/a.wasm": `(module (import "a" "f" (func)) (func (export "f")))` },
        invalid,
      ],
      "two that import from each other": [
        {
          "/a.wasm": `(module (import "b" "f" (func)) (func (export "g")))`,
          "/b.wasm": `(module (import "a" "g" (func)) (func (export "f")))`,
        },
        invalid,
      ],
    } as const),
  )("%s", async (_, [libraries, refusal]) => {
    await expect(attack({ main: `(module ${START})`, libraries })).rejects.toMatchObject(refusal);
  });
});

test("what linked modules share can't be used beyond its limits, or as another type", async () => {
  const library = `(module (type $t (func (param i32 i32 i32)))
    (memory (export "memory") 1) (table (export "table") 4 funcref) (global (export "g") (mut i32) (i32.const 7))
    (func (export "grow") (result i32) (table.grow 0 (ref.null func) (i32.const 2000000)))
    (func (export "call") (call_indirect (type $t) (i32.const 1) (i32.const 2) (i32.const 3) (i32.const 0))))`;
  const libraries = { "/lib.wasm": library };
  const imports = `(import "lib" "memory" (memory 1)) (import "lib" "table" (table 4 funcref))
    (import "lib" "g" (global $g (mut i32))) (import "lib" "grow" (func $grow (result i32)))
    (import "lib" "call" (func $call))`;
  const body = (code: string): Linked => ({
    main: `(module ${imports} (elem (i32.const 0) $own) (func $own (param i64)) (func (export "_start") ${code}))`,
    libraries,
  });
  expect(await attack(body(`(call $call)`))).toMatchObject(trapped);
  expect(await attack(body(`(if (i32.ne (call $grow) (i32.const -1)) (then unreachable))`))).toMatchObject(
    ended,
  );
  expect(
    await attack(body(`(if (i32.ne (memory.grow (i32.const 60000)) (i32.const -1)) (then unreachable))`)),
  ).toMatchObject(ended);
  expect(await attack(body(`(i32.store (i32.const 65536) (i32.const 1))`))).toMatchObject(trapped);
  for (const wanted of [
    `(import "lib" "g" (global i32))`,
    `(import "lib" "g" (global (mut i64)))`,
    `(import "lib" "memory" (memory 2))`,
    `(import "lib" "memory" (global i32))`,
    `(import "lib" "table" (table 5 funcref))`,
    `(import "lib" "table" (table 1 externref))`,
    `(import "lib" "call" (func (param i64)))`,
    `(import "lib" "call" (memory 1))`,
  ]) {
    await expect(attack({ main: `(module ${wanted} ${START})`, libraries })).rejects.toMatchObject(invalid);
  }
});

test("a library can't hand out the meters under names of its own", async () => {
  const main = (type: string): string => `(module
    (import "lib" "first" (global $first (mut ${type}))) (import "lib" "second" (global $second (mut i32)))
    (func (export "_start")
      (global.set $first (${type}.const 0x7fffffff)) (global.set $second (i32.const 0x7fffffff))
      (loop $again (br $again))))`;
  const library = (type: string): string => `(module
    (global (export "first") (mut ${type}) (${type}.const 1)) (global (export "second") (mut i32) (i32.const 2)))`;
  for (const type of ["i64", "i32"]) {
    const attacked = attack({ main: main(type), libraries: { "/lib.wasm": library(type) } });
    expect(await attacked).toMatchObject({ exitCode: 152, usage: { fuel: 10_000_000 } });
  }
});

test("an initializer and an entry point run once each, in that order, whatever one does to the other", async () => {
  const state = `(global $g (mut i32) (i32.const 0))`;
  const once = `(if (global.get $g) (then unreachable)) (global.set $g (i32.const 1))`;
  const main = `(module ${state} (func $i (export "_initialize") ${once})
    (func (export "main") (if (i32.eqz (global.get $g)) (then unreachable)))
    (func (export "again") (call $i)))`;
  expect(await attack({ main, entrypoint: "main" })).toMatchObject(ended);
  expect(await attack({ main, entrypoint: "_initialize" })).toMatchObject(ended);
  expect(await attack({ main, entrypoint: "again" })).toMatchObject(trapped);
  const starting = `(module ${state} (func $s ${once}) (start $s) (func (export "_start") (call $s)))`;
  expect(await attack({ main: starting })).toMatchObject(trapped);
});
