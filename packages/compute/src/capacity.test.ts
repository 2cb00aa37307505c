import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Capacity, type Claim } from "./capacity.ts";
import { fitsIn, NO_RESOURCES } from "./resources.ts";

const TOTAL = { cpuMillis: 4, memoryBytes: 4, diskBytes: 4, gpus: 1 };
const FLOOR = { ...NO_RESOURCES, cpuMillis: 1 };

function claim(key: string, change: Partial<Claim> & { cpu?: number } = {}): Claim {
  const { cpu = 1, ...rest } = change;
  return { key, requester: "r", resources: { ...NO_RESOURCES, cpuMillis: cpu }, priority: 0, ...rest };
}

describe("Capacity", () => {
  test("takeStartable() goes by priority, then by turn", () => {
    const capacity = new Capacity({ ...TOTAL, cpuMillis: 1 }, 10, FLOOR);
    for (const [key, priority] of [
      ["a", 0],
      ["b", 1],
      ["c", 0],
      ["d", 1],
    ] as const) {
      capacity.add(claim(key, { priority }), "offered");
      capacity.enqueue(key);
    }
    const order: string[] = [];
    for (let started = capacity.takeStartable(); started.length > 0; started = capacity.takeStartable()) {
      order.push(...started);
      for (const key of started) capacity.release(key);
    }
    expect(order).toEqual(["b", "d", "a", "c"]);
  });

  test("takeStartable() doesn't let a small one pass a large one that waits", () => {
    const capacity = new Capacity(TOTAL, 10, FLOOR);
    for (const [key, cpu] of [
      ["running", 2],
      ["large", 3],
      ["small", 1],
    ] as const) {
      capacity.add(claim(key, { cpu }), "offered");
      capacity.enqueue(key);
    }
    expect(capacity.takeStartable()).toEqual(["running"]);
    capacity.release("running");
    expect(capacity.takeStartable()).toEqual(["large", "small"]);
  });

  test("hasRoom() refuses what is larger than all of the node", () => {
    const capacity = new Capacity(TOTAL, 10, FLOOR);
    expect(capacity.hasRoom({ ...NO_RESOURCES, gpus: 2 })).toBe(false);
    expect(capacity.hasRoom({ ...NO_RESOURCES, gpus: 1 })).toBe(true);
  });

  test("hasRoom() counts an execution that asks for nothing", () => {
    const capacity = new Capacity(TOTAL, 0, FLOOR);
    for (const key of ["a", "b", "c", "d"]) {
      expect(capacity.hasRoom(NO_RESOURCES)).toBe(true);
      capacity.add(claim(key, { resources: NO_RESOURCES }), "offered");
    }
    expect(capacity.hasRoom(NO_RESOURCES)).toBe(false);
  });

  test("hold() keeps the disk of a result, and no more than was claimed", () => {
    const capacity = new Capacity(TOTAL, 0, FLOOR);
    capacity.add(claim("a", { resources: { ...TOTAL, gpus: 0 } }), "running");
    capacity.hold("a", 3);
    expect(capacity.used).toEqual({ ...NO_RESOURCES, diskBytes: 3 });
    capacity.hold("a", 99);
    expect(capacity.used).toEqual({ ...NO_RESOURCES, diskBytes: 3 });
    capacity.release("a");
    expect(capacity.used).toEqual(NO_RESOURCES);
  });

  test("whatever happens, what runs fits, the queue is within its limit, and nothing leaks", () => {
    const size = fc.record({
      cpuMillis: fc.integer({ min: 0, max: 5 }),
      memoryBytes: fc.integer({ min: 0, max: 5 }),
      diskBytes: fc.integer({ min: 0, max: 5 }),
      gpus: fc.integer({ min: 0, max: 2 }),
    });
    const act = fc.record({
      kind: fc.constantFrom("ask", "ask", "accept", "accept", "hold", "release"),
      pick: fc.nat(100),
      size,
      priority: fc.integer({ min: -1, max: 1 }),
    });
    fc.assert(
      fc.property(fc.array(act, { maxLength: 200 }), fc.integer({ min: 0, max: 5 }), (acts, queueLimit) => {
        const capacity = new Capacity(TOTAL, queueLimit, FLOOR);
        const keys: string[] = [];
        for (const [index, { kind, pick, size: resources, priority }] of acts.entries()) {
          const key = keys[pick % Math.max(1, keys.length)] ?? "";
          const standing = capacity.standingOf(key);
          if (kind === "ask" && capacity.hasRoom(resources)) {
            capacity.add({ key: `e-${index}`, requester: `r-${pick % 3}`, resources, priority }, "offered");
            keys.push(`e-${index}`);
          }
          if (kind === "accept" && standing === "offered") capacity.enqueue(key);
          if (kind === "hold" && standing === "running") capacity.hold(key, pick);
          if (kind === "release") capacity.release(key);
          capacity.takeStartable();
          expect(fitsIn(capacity.used, TOTAL)).toBe(true);
          expect(capacity.count("queued")).toBeLessThanOrEqual(queueLimit);
        }
        for (const key of keys) capacity.release(key);
        expect(capacity.size).toBe(0);
        expect(capacity.used).toEqual(NO_RESOURCES);
        expect(capacity.hasRoom(TOTAL)).toBe(true);
        expect(["r-0", "r-1", "r-2"].map((requester) => capacity.offeredBy(requester))).toEqual([0, 0, 0]);
      }),
      { numRuns: 300 },
    );
  });
});
