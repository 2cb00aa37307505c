import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { compileModule, type GuestModule } from "./compile-module.ts";
import { ModuleCache } from "./module-cache.ts";
import { readModuleShape } from "./module-shape.ts";
import { builtModule, compileWat } from "./test-wasm.ts";

const guestOf = async (sizeBytes: number): Promise<GuestModule> => ({
  ...(await compileModule(await compileWat("(module)"), "/m")),
  sizeBytes,
});

test("get() loads what is asked for at the same time once", async () => {
  const cache = new ModuleCache(100);
  const load = vi.fn<() => Promise<GuestModule>>(() => guestOf(10));
  const [a, b] = await Promise.all([cache.get("x", load), cache.get("x", load)]);
  expect(a).toBe(b);
  expect(await cache.get("x", load)).toBe(a);
  expect(load).toHaveBeenCalledTimes(1);
});

test("get() lets go of what was longest unused when there is too much", async () => {
  const cache = new ModuleCache(25);
  for (const key of ["a", "b", "a", "c"]) await cache.get(key, () => guestOf(10));
  const load = vi.fn<() => Promise<GuestModule>>(() => guestOf(10));
  await cache.get("a", load);
  expect(load).not.toHaveBeenCalled();
  await cache.get("b", load);
  expect(load).toHaveBeenCalledTimes(1);
});

test("get() tries again for who waited for another's load that failed, and keeps no failure", async () => {
  const cache = new ModuleCache(100);
  const failing = cache.get("x", () => Promise.reject(new Error("aborted elsewhere")));
  const waiting = cache.get("x", () => guestOf(1));
  await expect(failing).rejects.toThrow("aborted elsewhere");
  expect((await waiting).sizeBytes).toBe(1);
});

test("get() rejects with the signal's reason while another loads", async () => {
  const cache = new ModuleCache(100);
  const { promise, resolve } = Promise.withResolvers<GuestModule>();
  const first = cache.get("x", () => promise);
  const controller = new AbortController();
  const second = cache.get("x", () => promise, { signal: controller.signal });
  controller.abort(new Error("mine"));
  await expect(second).rejects.toThrow("mine");
  resolve(await guestOf(2));
  expect((await first).sizeBytes).toBe(2);
});

test("readModuleShape() ends on any bytes, with a shape or an error", async () => {
  const probe = await builtModule("probe");
  const changes = fc.array(fc.tuple(fc.nat(3000), fc.nat(255)), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(changes, (all) => {
      const bytes = probe.slice(0, 3000);
      for (const [at, byte] of all) bytes[at] = byte;
      expect(endingOf(bytes)).toMatch(/^$|unsupported|ends in the middle/);
    }),
  );
});

function endingOf(bytes: Uint8Array): string {
  try {
    readModuleShape(bytes);
    return "";
  } catch (error) {
    return String(error);
  }
}
