import { expect, test } from "vitest";
import { rewriteModule } from "./rewrite-module.ts";
import { TEST_OPTIONS } from "./test-compare.ts";
import { meteredModule } from "./test-meter.ts";
import { compileWat } from "./test-wasm.ts";

const bits = async (text: string): Promise<unknown> => (await meteredModule(`(module ${text})`)).call("f");

test("a NaN that arithmetic makes is the canonical one wherever its bits are seen", async () => {
  const odd = "(f32.reinterpret_i32 (i32.const 0x7fa12345))";
  const sum = `(f32.add ${odd} ${odd})`;
  const cases = [
    `(i32.reinterpret_f32 ${sum})`,
    `(f32.store (i32.const 0) ${sum}) (i32.load (i32.const 0))`,
    `(i32.reinterpret_f32 (call $id ${sum}))`,
    `(i32.reinterpret_f32 (block (result f32) ${sum}))`,
    `(i32.reinterpret_f32 (select ${sum} (f32.const 0) (i32.const 1)))`,
    `(i32.reinterpret_f32 (f32.abs (f32.neg ${sum})))`,
    `(local.set $l ${sum}) (i32.reinterpret_f32 (local.get $l))`,
    `(global.set $g ${sum}) (i32.reinterpret_f32 (global.get $g))`,
    `(i32.reinterpret_f32 (f32.demote_f64 (f64.promote_f32 ${odd})))`,
    `(i32x4.extract_lane 1 (f32x4.mul (f32x4.splat ${odd}) (f32x4.splat ${odd})))`,
  ];
  for (const code of cases) {
    const found = await bits(`(memory 1) (global $g (mut f32) (f32.const 0))
        (func $id (param f32) (result f32) (local.get 0))
        (func (export "f") (result i32) (local $l f32) ${code})`);
    expect({ code, found }).toEqual({ code, found: 0x7fc0_0000 });
  }
});

test("a NaN that is the module's own keeps its bits when it is moved", async () => {
  const moved = await bits(`(memory 1) (data (i32.const 0) "\\45\\23\\a1\\7f")
      (func $id (param f32) (result f32) (local.get 0))
      (func (export "f") (result i32) (local $l f32)
        (local.set $l (f32.load (i32.const 0)))
        (f32.store (i32.const 8) (call $id (local.get $l)))
        (i32.load (i32.const 8)))`);
  expect(moved).toBe(0x7fa1_2345);
  const both = await bits(`(memory 1) (data (i32.const 0) "\\45\\23\\a1\\7f")
      (func (export "f") (result i32) (local $l f32)
        (local.set $l (f32.add (f32.load (i32.const 0)) (f32.const 1)))
        (local.set $l (f32.load (i32.const 0)))
        (i32.reinterpret_f32 (local.get $l)))`);
  expect(both).toBe(0x7fa1_2345);
  const constant = await bits(
    `(func (export "f") (result i32) (i32.reinterpret_f32 (f32.const nan:0x212345)))`,
  );
  expect(constant).toBe(0x7fa1_2345);
});

test("NaN is not looked for between operations that take floats by their value", async () => {
  const size = async (code: string): Promise<number> =>
    rewriteModule(
      await compileWat(`(module (func (param f64) (result i32) (local $l f64) ${code}))`),
      TEST_OPTIONS,
    ).bytes.length;
  const sum = (terms: number): string =>
    `${"(local.set $l (f64.add (f64.mul (local.get $l) (local.get 0)) (f64.const 1)))".repeat(terms)}
       (f64.lt (local.get $l) (f64.const 9))`;
  const plain = async (terms: number): Promise<number> =>
    (await compileWat(`(module (func (param f64) (result i32) (local $l f64) ${sum(terms)}))`)).length;
  // The size of the function, and of its section, may take a byte more each.
  expect((await size(sum(20))) - (await size(sum(10)))).toBeLessThanOrEqual(
    (await plain(20)) - (await plain(10)) + 3,
  );
});

test("what canonical NaNs cost can be measured: without them there is as much fuel, and no other code", async () => {
  const text = `(module (func (export "f") (param f64) (result i64)
    (i64.reinterpret_f64 (f64.add (local.get 0) (f64.const 1)))))`;
  const canonical = await meteredModule(text);
  const without = await meteredModule(text, { canonicalNans: false });
  for (const module of [canonical, without]) module.call("f", 1);
  expect(without.fuelUsed()).toBe(canonical.fuelUsed());
  const sizeOf = async (canonicalNans: boolean): Promise<number> =>
    rewriteModule(await compileWat(text), { ...TEST_OPTIONS, canonicalNans }).bytes.length;
  // A choice between the result and a constant, in a local of its own.
  expect((await sizeOf(true)) - (await sizeOf(false))).toBe(19);
});
