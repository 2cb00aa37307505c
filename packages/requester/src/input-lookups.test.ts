import type { CallOptions, Spec } from "@gadus/protocol";
import { memoryVolume } from "@gadus/storage/memory";
import { describe, expect, test } from "vitest";
import { InputLookups } from "./input-lookups.ts";

function sourceOf(cid: string): Spec {
  return { type: "ipfs", params: { cid } };
}

/** Lookups over a network that answers when a test says so, on a clock that a test moves. */
function someLookups(maxLookups: number) {
  const timers = new Set<{ readonly atMs: number; readonly ring: () => void }>();
  const searches = new Map<string, { found(): void; readonly signal: AbortSignal | undefined }>();
  const begun: string[] = [];
  let nowMs = 0;
  const open = async (source: Spec, { signal }: CallOptions = {}) => {
    const cid = String(source.params["cid"]);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    signal?.addEventListener("abort", () => reject(signal.reason as Error));
    begun.push(cid);
    if (cid !== "here") {
      searches.set(cid, { found: resolve, signal });
      await promise;
    }
    const volume = memoryVolume({ file: "12345" });
    return { ...volume, stat: async () => ({ path: "", kind: "file" as const, sizeBytes: 5 }) };
  };
  const lookups = new InputLookups({
    content: { has: async (cid) => cid === "here" },
    ipfs: { type: "ipfs", check: async () => ({ available: true }), open },
    clock: {
      nowMs: () => nowMs,
      setTimer(delayMs, ring) {
        const timer = { atMs: nowMs + delayMs, ring };
        timers.add(timer);
        return { cancel: () => timers.delete(timer) };
      },
    },
    options: { resolveTimeoutMs: 1000, maxLookups },
  });
  const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  return {
    lookups,
    begun,
    settled,
    search: (cid: string) => searches.get(cid),
    sizeOf: (cid: string, signal = new AbortController().signal) =>
      lookups.sizeOf(sourceOf(cid), cid, signal).catch((error: unknown) => String(error)),
    advance: async (ms: number): Promise<void> => {
      nowMs += ms;
      for (const timer of timers) if (timer.atMs <= nowMs && timers.delete(timer)) timer.ring();
      await settled();
    },
  };
}

describe("InputLookups", () => {
  test("sizeOf() searches once for all who want the same CID", async () => {
    const { sizeOf, begun, search, settled } = someLookups(10);
    const all = Array.from({ length: 100 }, () => sizeOf("a"));
    await settled();
    expect(begun).toEqual(["a"]);
    search("a")?.found();
    expect(new Set(await Promise.all(all))).toEqual(new Set([5]));
  });

  test("sizeOf() has no more searches under way than the limit, and those beyond take their turn", async () => {
    const { sizeOf, begun, lookups, settled, advance } = someLookups(2);
    const all = ["a", "b", "c", "d"].map((cid) => sizeOf(cid));
    await settled();
    expect([begun, lookups.searching]).toEqual([["a", "b"], 2]);
    await advance(1001);
    expect([begun, lookups.searching]).toEqual([["a", "b", "c", "d"], 2]);
    await advance(999);
    expect(lookups.searching).toBe(2);
    await advance(2);
    expect(lookups.searching).toBe(0);
    expect(new Set(await Promise.all(all)).size).toBe(4);
    expect(await all[3]).toContain("ipfs d was not found within 1 s");
  });

  test("sizeOf() answers what is here at once, though every search is taken", async () => {
    const { sizeOf, settled } = someLookups(1);
    const waiting = sizeOf("a");
    await settled();
    expect(await sizeOf("here")).toBe(5);
    expect(await Promise.race([waiting, Promise.resolve("waits")])).toBe("waits");
  });

  test("sizeOf() gives each who waits its own time, and searches until the last has given up", async () => {
    const { sizeOf, begun, advance, settled, search } = someLookups(1);
    const early = sizeOf("a");
    await settled();
    await advance(900);
    const late = sizeOf("a");
    await settled();
    await advance(200);
    expect(await early).toContain("not found");
    expect(search("a")?.signal?.aborted).toBe(false);
    search("a")?.found();
    expect(await late).toBe(5);
    expect(begun).toEqual(["a"]);
  });

  test("sizeOf() frees its search when nobody waits for it any more", async () => {
    const { sizeOf, begun, lookups, settled } = someLookups(1);
    const controller = new AbortController();
    const stopped = sizeOf("a", controller.signal);
    const next = sizeOf("b");
    await settled();
    controller.abort(new Error("enough"));
    expect(await stopped).toContain("enough");
    await settled();
    expect([begun, lookups.searching]).toEqual([["a", "b"], 1]);
    expect(await Promise.race([next, Promise.resolve("waits")])).toBe("waits");
  });
});
