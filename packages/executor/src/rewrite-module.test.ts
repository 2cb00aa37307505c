import { describe, expect, test } from "vitest";
import { ModuleError } from "./module-error.ts";
import { rewriteModule } from "./rewrite-module.ts";
import { HOST_FAILED_DEPTH, RESERVED } from "./rewrite-options.ts";
import { TEST_OPTIONS } from "./test-compare.ts";
import { meteredModule } from "./test-meter.ts";
import { compileWat } from "./test-wasm.ts";

const fuelOf = async (text: string, ...args: readonly unknown[]): Promise<number> => {
  const module = await meteredModule(text);
  module.call("f", ...args);
  return module.fuelUsed();
};

describe("fuel", () => {
  test("is one for each instruction that runs, but for else and end", async () => {
    expect(await fuelOf(`(module (func (export "f")))`)).toBe(0);
    expect(await fuelOf(`(module (func (export "f") nop nop nop))`)).toBe(3);
    expect(await fuelOf(`(module (func (export "f") (block (nop))))`)).toBe(2);
    const choice = `(module (func (export "f") (param i32) (if (local.get 0) (then nop nop nop) (else nop))))`;
    expect(await fuelOf(choice, 1)).toBe(2 + 3);
    expect(await fuelOf(choice, 0)).toBe(2 + 1);
    const leave = `(module (func (export "f") (param i32) (block (br_if 0 (local.get 0)) nop nop) nop))`;
    expect(await fuelOf(leave, 1)).toBe(3 + 1);
    expect(await fuelOf(leave, 0)).toBe(3 + 2 + 1);
  });

  test("of a loop is that of its rounds, and of a call that of the function called", async () => {
    const loop = `(module (func (export "f") (param i32)
      (loop (local.set 0 (i32.sub (local.get 0) (i32.const 1))) (br_if 0 (local.get 0)))))`;
    expect(await fuelOf(loop, 1)).toBe(1 + 6);
    expect(await fuelOf(loop, 1000)).toBe(1 + 6000);
    const call = `(module (func $g (nop) (nop)) (func (export "f") (call $g) (call $g)))`;
    expect(await fuelOf(call)).toBe(2 * (1 + 2));
    const table = `(module (func (export "f") (param i32) (block (block (block
      (br_table 0 1 2 (local.get 0))) nop nop nop) nop nop) nop))`;
    expect(await fuelOf(table, 0)).toBe(3 + 2 + 3 + 2 + 1);
    expect(await fuelOf(table, 2)).toBe(3 + 2 + 1);
  });

  test("is the same on every way through constructs that are charged together", async () => {
    const nested = `(module (func (export "f") (param i32)
      (block (br_if 0 (local.get 0)) (if (i32.eqz (local.get 0)) (then nop nop)) (loop nop))
      nop nop
      (block (block (br_if 1 (local.get 0)) nop) nop nop)
      nop))`;
    expect(await fuelOf(nested, 1)).toBe(3 + 2 + 4 + 1);
    expect(await fuelOf(nested, 0)).toBe(3 + 3 + 2 + 2 + 2 + 4 + 1 + 2 + 1);
    const left = (way: string): string => `(module (func (export "f") (param i32)
      (block (loop (if (local.get 0) (then ${way})) nop) nop) nop nop))`;
    for (const way of ["(return)", "(unreachable)"]) expect(await fuelOf(left(way), 1)).toBe(4 + 1);
    expect(await fuelOf(left("(br 2)"), 1)).toBe(4 + 1 + 2);
    expect(await fuelOf(left("(br 3)"), 1)).toBe(4 + 1);
    expect(await fuelOf(left("(br 0)"), 1)).toBe(4 + 1 + 1 + 1 + 2);
    expect(await fuelOf(left("nop"), 0)).toBe(4 + 1 + 1 + 2);
    const dead = `(module (func (export "f") (block (br 0) nop nop nop) nop))`;
    expect(await fuelOf(dead)).toBe(2 + 1);
  });

  test("of a loop that traps is counted to the round that it trapped in", async () => {
    const text = `(module (memory 4) (func (export "f") (local i32) (loop
      (drop (i32.load (local.get 0)))
      (local.set 0 (i32.add (local.get 0) (i32.const 65536)))
      (br 0))))`;
    expect(await fuelOf(text)).toBe(1 + 5 * 8);
  });

  test("of a frame grows with its locals, and that of bulk instructions with what they do", async () => {
    expect(await fuelOf(`(module (func (export "f") (local ${"i64 ".repeat(80)}) nop))`)).toBe(10 + 1);
    const bulk = (code: string): string => `(module (memory 2 9) (table 8 20 funcref)
      (data $d "0123456789abcdef") (elem $e funcref (ref.null func) (ref.null func))
      (func (export "f") (param i32 i32 i32) ${code}))`;
    const three = "(local.get 0) (local.get 1) (local.get 2)";
    expect(await fuelOf(bulk(`(memory.fill ${three})`), 0, 0, 80_000)).toBe(4 + 10_000);
    expect(await fuelOf(bulk(`(memory.copy ${three})`), 0, 8, 80_000)).toBe(4 + 10_000);
    expect(await fuelOf(bulk(`(memory.init $d ${three})`), 0, 0, 16)).toBe(4 + 2);
    expect(await fuelOf(bulk(`(table.copy ${three})`), 0, 1, 5)).toBe(4 + 5);
    expect(await fuelOf(bulk(`(table.init $e ${three})`), 0, 0, 2)).toBe(4 + 2);
    const fill = "(table.fill (local.get 0) (ref.null func) (local.get 2))";
    expect(await fuelOf(bulk(fill), 0, 0, 7)).toBe(4 + 7);
    expect(await fuelOf(bulk("(drop (memory.grow (local.get 0)))"), 3)).toBe(3 + 3 * 8192);
    expect(await fuelOf(bulk("(drop (memory.grow (local.get 0)))"), 8)).toBe(3);
    expect(await fuelOf(bulk("(drop (table.grow (ref.null func) (local.get 0)))"), 9)).toBe(4 + 9);
    expect(await fuelOf(bulk("(drop (table.grow (ref.null func) (local.get 0)))"), 900)).toBe(4);
  });

  test("that is enough to the last instruction lets a module end, and one less leaves it below zero", async () => {
    const text = `(module (func $fib (param i32) (result i32)
      (if (i32.lt_u (local.get 0) (i32.const 2)) (then (return (local.get 0))))
      (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1))) (call $fib (i32.sub (local.get 0) (i32.const 2)))))
      (func (export "f") (result i32) (call $fib (i32.const 15))))`;
    const needed = await fuelOf(text);
    const enough = await meteredModule(text, {}, needed);
    expect(enough.call("f")).toBe(610);
    expect(enough.fuelUsed()).toBe(needed);
    const less = await meteredModule(text, {}, needed - 1);
    less.call("f");
    expect(less.fuelUsed()).toBeGreaterThan(needed - 1);
  });

  test("ends an endless loop, recursion and a large fill; another trap leaves it above zero", async () => {
    const endless = [
      "(loop (br 0))",
      "(loop (block (br_if 1 (i32.const 1))))",
      "(call $f)",
      "(loop (memory.fill (i32.const 0) (i32.const 0) (i32.const 65536)) (br 0))",
    ];
    for (const code of endless) {
      const text = `(module (memory 1) (func $f (export "f") ${code}))`;
      const module = await meteredModule(text, { maxFrameSlots: 1_000_000 }, 2_000);
      expect({ code, ending: module.call("f") }).toEqual({ code, ending: "trap" });
      expect(module.fuelUsed()).toBeGreaterThan(2_000);
    }
    const trap = await meteredModule(`(module (func (export "f") nop (loop unreachable)))`);
    expect(trap.call("f")).toBe("trap");
    expect(trap.fuelUsed()).toBe(3);
  });
});

describe("call depth", () => {
  const frames = async (text: string, maxFrameSlots: number): Promise<number> => {
    const module = await meteredModule(`(module (global $n (export "n") (mut i32) (i32.const 0)) ${text})`, {
      maxFrameSlots,
    });
    expect(module.call("f")).toBe("trap");
    expect(module.depthLeft()).toBeLessThan(0);
    return Number((module.exports["n"] as WebAssembly.Global).value);
  };
  const count = "(global.set $n (i32.add (global.get $n) (i32.const 1)))";

  test("is what frames hold: locals and operands, and eight slots of their own", async () => {
    const bare = await frames(`(func $f (export "f") ${count} (call $f))`, 10_000);
    const wide = await frames(
      `(func $f (export "f") (local ${"i64 ".repeat(88)}) ${count} (call $f))`,
      10_000,
    );
    const vectors = await frames(
      `(func $f (export "f") (local ${"v128 ".repeat(44)}) ${count} (call $f))`,
      10_000,
    );
    expect(bare).toBe(Math.floor(10_000 / (8 + 2 + 2)));
    expect(wide).toBe(Math.floor(10_000 / (8 + 2 + 2 + 88)));
    expect(vectors).toBe(wide);
  });

  test("is given back on every way out of a function", async () => {
    const module = await meteredModule(
      `(module
      (func $leave (param i32) (result i32 i64)
        (block (block (block (br_table 0 1 2 3 (local.get 0))) (return (i32.const 1) (i64.const 1)))
          (call $nothing) (br 1 (i32.const 2) (i64.const 2)))
        (i32.const 3) (i64.const 3) (br_if 0 (local.get 0)) )
      (func $nothing)
      (func (export "f") (param i32) (drop (drop (call $leave (local.get 0))))))`.replace(
        "2 3 (local",
        "2 (local",
      ),
    );
    for (const way of [0, 1, 2, 7]) {
      module.call("f", way);
      expect(module.depthLeft()).toBe(TEST_OPTIONS.maxFrameSlots);
    }
  });
});

describe("caps", () => {
  test("let memory and tables grow to what they declare, and at most to the cap; beyond it is -1", async () => {
    const grow = async (memory: string, table: string): Promise<readonly unknown[]> => {
      const module = await meteredModule(
        `(module (memory ${memory}) (table ${table} funcref)
          (func (export "memory") (param i32) (result i32) (memory.grow (local.get 0)))
          (func (export "table") (param i32) (result i32) (table.grow (ref.null func) (local.get 0))))`,
        { maxMemoryPages: 5, maxTableElements: 100 },
      );
      const grown = [
        module.call("memory", 4),
        module.call("memory", 1),
        module.call("table", 90),
        module.call("table", 1),
      ];
      expect(module.depthLeft()).not.toBe(HOST_FAILED_DEPTH);
      return grown;
    };
    expect(await grow("1", "10")).toEqual([1, -1, 10, -1]);
    expect(await grow("1 900", "10 900")).toEqual([1, -1, 10, -1]);
    expect(await grow("1 3", "10 20")).toEqual([-1, 1, -1, 10]);
  });

  test("hold for imported memories and tables", async () => {
    const { bytes } = rewriteModule(
      await compileWat(`(module (import "a" "m" (memory 1)) (import "a" "t" (table 2 900 funcref)))`),
      { ...TEST_OPTIONS, maxMemoryPages: 3, maxTableElements: 30 },
    );
    const memory = (maximum: number) => new WebAssembly.Memory({ initial: 1, maximum });
    const table = (maximum: number) => new WebAssembly.Table({ initial: 2, maximum, element: "anyfunc" });
    const link = (m: unknown, t: unknown) =>
      new WebAssembly.Instance(new WebAssembly.Module(bytes), { a: { m, t } });
    expect(link(memory(3), table(30))).toBeInstanceOf(WebAssembly.Instance);
    expect(() => link(memory(4), table(30))).toThrow(/maximum/);
    expect(() => link(memory(3), table(31))).toThrow(/maximum/);
  });

  test("keep out a module that is over them at the start", async () => {
    const rewriting = async (text: string) => rewriteModule(await compileWat(text), TEST_OPTIONS);
    await expect(rewriting("(module (memory 65))")).rejects.toMatchObject({ fault: "too-much-memory" });
    await expect(rewriting("(module (table 10001 funcref))")).rejects.toThrow(/10001 table entries/);
  });
});

test("a start function is exported in place of being run, and custom sections are left out", async () => {
  const module = await meteredModule(`(module (global $n (mut i32) (i32.const 0))
    (func $start (global.set $n (i32.const 5))) (start $start) (memory 1)
    (func (export "n") (result i32) (global.get $n)))`);
  expect(module.call("n")).toBe(0);
  module.call(RESERVED.start);
  expect(module.call("n")).toBe(5);
  expect(module.exports[RESERVED.memory]).toBeInstanceOf(WebAssembly.Memory);
  const empty = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
  const custom = [0, 6, 4, 0x6e, 0x61, 0x6d, 0x65, 0];
  const { report, bytes } = rewriteModule(Uint8Array.of(...empty, ...custom), TEST_OPTIONS);
  expect(report.stripped).toEqual(["name"]);
  expect(WebAssembly.Module.customSections(new WebAssembly.Module(bytes), "name")).toEqual([]);
});

test("a module of a few bytes, without memory, names or code, is as good as any", () => {
  const { bytes } = rewriteModule(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0), TEST_OPTIONS);
  expect(WebAssembly.validate(bytes)).toBe(true);
});

test("linked modules share the fuel and depth that they import", async () => {
  const text = `(module (global $g (mut i64) (i64.const 7)) (func $g (nop))
    (func (export "f") (result i64) (call $g) (global.get $g)))`;
  const { bytes } = rewriteModule(await compileWat(text), { ...TEST_OPTIONS, linked: true });
  const fuel = new WebAssembly.Global({ value: "i64", mutable: true }, 100n);
  const depth = new WebAssembly.Global({ value: "i32", mutable: true }, 1000);
  const maxPages = new WebAssembly.Global({ value: "i64", mutable: false }, 0n);
  const gadus = { [RESERVED.fuel]: fuel, [RESERVED.depth]: depth, [RESERVED.maxPages]: maxPages };
  for (const left of [97n, 94n]) {
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { gadus });
    expect(Reflect.apply(exports["f"] as () => bigint, undefined, [])).toBe(7n);
    expect(fuel.value).toBe(left);
  }
});

test("what is left out of the profile is refused by its name and place", () => {
  const type = [1, 4, 1, 0x60, 0, 0];
  const code = (...body: readonly number[]): readonly number[] => {
    const sizes = [10, body.length + 4, 1, body.length + 2, 0];
    return [...type, 3, 2, 1, 0, ...sizes, ...body, 0x0b];
  };
  const cases: readonly (readonly [readonly number[], RegExp])[] = [
    [[5, 4, 1, 3, 1, 1], /a shared memory \(threads\) at byte 11/],
    [[5, 3, 1, 4, 1], /memory64/],
    [[5, 5, 2, 0, 1, 0, 1], /multi-memory/],
    [[5, 4, 1, 8, 1, 0], /custom page sizes/],
    [[13, 3, 1, 0, 0], /exception handling \(a tag section\)/],
    [[14, 1, 0], /stringref/],
    [[1, 3, 1, 0x5f, 0], /GC types/],
    [[1, 5, 1, 0x60, 1, 0x6e, 0], /GC proposal/],
    [[1, 5, 1, 0x60, 1, 0x69, 0], /an exception type/],
    [code(0xfe, 0x03, 0), /threads and atomics \(opcode 0xfe 0x03\) at byte 23/],
    [code(0xfd, 0x80, 0x02), /relaxed SIMD \(opcode 0xfd 0x100\)/],
    [code(0x06, 0x40, 0x0b), /exception handling \(opcode 0x06\)/],
    [code(0x1f, 0x40, 0, 0x0b), /exception handling \(opcode 0x1f\)/],
    [code(0x08, 0), /exception handling \(opcode 0x08\)/],
    [code(0x12, 0), /tail calls/],
    [code(0x14, 0), /typed references/],
    [code(0xfb, 0), /GC types/],
    [code(0xfb, 0x80, 0x01), /stringref/],
    [code(0xfc, 19), /wide arithmetic/],
    [code(0x41, 0, 0x28, 0x40, 0, 0, 0x1a), /multi-memory/],
    [code(0x00, 0x1c, 1, 0x64, 0x6e), /a typed reference/],
    [code(0xff), /an unknown operation \(opcode 0xff\)/],
  ];
  for (const [sections, message] of cases) {
    const bytes = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, ...sections);
    expect(() => rewriteModule(bytes, TEST_OPTIONS)).toThrow(message);
    expect(() => rewriteModule(bytes, TEST_OPTIONS)).toThrow(ModuleError);
  }
});

test("a module can't reach the meters: not by number, and not by name", async () => {
  const named = await compileWat(`(module (func (export "gadus.fuel")))`);
  expect(() => rewriteModule(named, TEST_OPTIONS)).toThrow(
    /"gadus\.fuel" \(names with "gadus\." are reserved\)/,
  );
  const asking = await compileWat(`(module (import "x" "gadus.fuel" (global i64)))`);
  expect(() => rewriteModule(asking, TEST_OPTIONS)).toThrow(/reserved/);
  const numbered = await compileWat(`(module (global (mut i64) (i64.const 0))
    (func (export "f") (global.set 0 (i64.const 9))))`);
  const at = numbered.findLastIndex((byte) => byte === 0x24) + 1;
  numbered[at] = 1;
  expect(() => rewriteModule(numbered, TEST_OPTIONS)).toThrow(/unknown global 1/);
});
