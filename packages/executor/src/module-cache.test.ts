import { expect, test, vi } from "vitest";
import { compileModule } from "./compile-module.ts";
import { type GuestModule, guestModuleOf } from "./guest-module.ts";
import { ModuleCache } from "./module-cache.ts";
import { compileWat } from "./test-wasm.ts";

const OPTIONS = {
  maxMemoryPages: 1,
  maxTableElements: 1,
  maxFrameSlots: 1000,
  linked: false,
  unchanged: false,
};
const guestOf = async (sizeBytes: number): Promise<GuestModule> => {
  const { module, report } = await compileModule(await compileWat("(module)"), "/m", OPTIONS);
  return { ...guestModuleOf(module, report), sizeBytes };
};

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

test("get() keeps no more modules than it may, however small", async () => {
  const cache = new ModuleCache(1000, 2);
  for (const key of ["a", "b", "c"]) await cache.get(key, () => guestOf(1));
  const load = vi.fn<() => Promise<GuestModule>>(() => guestOf(1));
  await cache.get("b", load);
  expect(load).not.toHaveBeenCalled();
  await cache.get("a", load);
  expect(load).toHaveBeenCalledTimes(1);
});
