import { expect, test } from "vitest";
import { checkedWish, escapeHost, escapeProgram } from "./test-escape.ts";
import { builtModule, compileWat } from "./test-wasm.ts";

const host = escapeHost();
const wasi = `"wasi_snapshot_preview1"`;
const MIB = 1024 * 1024;

test("addresses, lengths and counts that lie are errors to the guest and nothing else", async () => {
  const { files } = await host.attack(await escapeProgram("pointers"), checkedWish({ args: ["one", "two"] }));
  expect(files["stdout"]).toMatch(/\d+ checks, 0 failures\n$/);
});

test("buffers that hold more together than can be told are refused", async () => {
  const module = await compileWat(`(module
    (import ${wasi} "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (import ${wasi} "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 256)
    (func (export "_start") (local $i i32)
      (loop $fill
        (i32.store offset=4 (local.get $i) (i32.const 0xffff00))
        (local.set $i (i32.add (local.get $i) (i32.const 8)))
        (br_if $fill (i32.lt_u (local.get $i) (i32.const 8192))))
      (call $exit (i32.or
        (call $write (i32.const 1) (i32.const 0) (i32.const 257) (i32.const 8192))
        (i32.shl (call $write (i32.const 1) (i32.const 0) (i32.const 256) (i32.const 8192)) (i32.const 8))))))`);
  const { exitCode, stdoutTruncated, files } = await host.attack(module);
  expect({ exitCode, stdoutTruncated }).toEqual({ exitCode: 28, stdoutTruncated: true });
  expect(files["stdout"]?.length).toBe(MIB);
});

test("a megabyte of arguments and environment reaches a guest that has room for it, and no other", async () => {
  const text = "x".repeat(65_535);
  const args = Array.from({ length: 16 }, () => text);
  const environment = Object.fromEntries(args.map((value, index) => [`V${index}`, value]));
  const small = await compileWat(`(module
    (import ${wasi} "args_sizes_get" (func $sizes (param i32 i32) (result i32)))
    (import ${wasi} "args_get" (func $args (param i32 i32) (result i32)))
    (import ${wasi} "environ_get" (func $environ (param i32 i32) (result i32)))
    (import ${wasi} "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 1)
    (func (export "_start")
      (if (call $sizes (i32.const 0) (i32.const 4)) (then unreachable))
      (if (i32.ne (i32.load (i32.const 4)) (i32.const ${16 * 65_536 + 1})) (then unreachable))
      (if (i32.ne (call $args (i32.const 0) (i32.const 256)) (i32.const 21)) (then unreachable))
      (if (i32.ne (call $environ (i32.const 65532) (i32.const 0)) (i32.const 21)) (then unreachable))))`);
  const wish = { args, details: { environment } };
  expect((await host.attack(small, wish)).exitCode).toBe(0);
  const large = await host.attack(await builtModule("probe"), { ...wish, args: ["args", ...args] });
  expect(large).toMatchObject({ exitCode: 0, stdoutTruncated: true });
  expect(large.files["stdout"]?.slice(0, 30)).toBe(`0=[]\n1=[args]\n2=[${"x".repeat(13)}`);
});

test("memory that is asked for again and again ends at the job's limit, also where it is filled", async () => {
  const resources = { memoryBytes: 16 * MIB };
  const growing = await compileWat(`(module (memory 0) (func (export "_start") (local $i i32)
    (loop $again
      (drop (memory.grow (i32.const 1)))
      (drop (memory.grow (i32.const 0x7fffffff)))
      (drop (memory.grow (i32.const -1)))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $again (i32.lt_u (local.get $i) (i32.const 100000))))
    (if (i32.ne (memory.size) (i32.const 256)) (then unreachable))))`);
  expect(await host.attack(growing, { resources })).toMatchObject({
    exitCode: 0,
    usage: { memoryPeakBytes: 16 * MIB },
  });
  const filling = await compileWat(`(module (memory 256) (func (export "_start")
    (loop $again
      (memory.fill (i32.const 0) (i32.const 7) (i32.const ${16 * MIB}))
      (memory.copy (i32.const 0) (i32.const 1) (i32.const ${16 * MIB - 1}))
      (br $again))))`);
  expect(await host.attack(filling, { resources, fuel: 50_000_000 })).toMatchObject({ exitCode: 152 });
});

test("tables that are asked for again and again end at what a module may have", async () => {
  const growing = await compileWat(`(module (table $a 10 funcref) (table $b 10 externref)
    (func (export "_start") (local $i i32)
      (loop $again
        (drop (table.grow $a (ref.null func) (i32.const 4999)))
        (drop (table.grow $b (ref.null extern) (i32.const 4999)))
        (drop (table.grow $a (ref.null func) (i32.const -1)))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br_if $again (i32.lt_u (local.get $i) (i32.const 10000))))
      (if (i32.gt_u (i32.add (table.size $a) (table.size $b)) (i32.const 1000000)) (then unreachable))
      (loop $fill
        (table.fill $a (i32.const 0) (ref.null func) (table.size $a))
        (br $fill))))`);
  expect(await host.attack(growing, { fuel: 50_000_000 })).toMatchObject({ exitCode: 152 });
});

test("memory, tables and data that are too many or too large to begin with are refused, and blame the job", async () => {
  const invalid = { code: "executor/invalid-module", blame: "job" };
  const cases = [
    [`(memory 65536)`, { code: "executor/limit-exceeded", blame: "job" }],
    [`(memory 1) (memory 1)`, invalid],
    [`(table 1000001 funcref)`, invalid],
    [`(table 600000 funcref) (table 600000 externref)`, invalid],
    [Array.from({ length: 17 }, () => "(table 1 funcref)").join(" "), invalid],
  ] as const;
  for (const [declared, refusal] of cases) {
    const module = await compileWat(`(module ${declared} (func (export "_start")))`);
    await expect(host.attack(module)).rejects.toMatchObject(refusal);
  }
  const data = Array.from({ length: 1000 }, () => `(data (i32.const 0) "${"x".repeat(1000)}")`).join("\n");
  const loading = await compileWat(`(module (memory 1) ${data} (func (export "_start")))`);
  expect(await host.attack(loading, { fuel: 124_999 })).toMatchObject({ exitCode: 152 });
  expect(await host.attack(loading, { fuel: 125_000 })).toMatchObject({ exitCode: 0 });
});
