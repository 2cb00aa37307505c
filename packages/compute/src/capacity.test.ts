import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Capacity, type CapacityLimits, type Claim } from "./capacity.ts";
import { fitsIn, NO_RESOURCES } from "./resources.ts";

const TOTAL = { cpuMillis: 4, memoryBytes: 4, diskBytes: 4, gpus: 1 };
const FLOOR = { ...NO_RESOURCES, cpuMillis: 1 };

function capacityOf(change: Partial<CapacityLimits> = {}): Capacity {
  return new Capacity({ total: TOTAL, floor: FLOOR, queueLimit: 10, agePerPriorityMs: 100, ...change });
}

function claim(key: string, change: Partial<Claim> & { cpu?: number } = {}): Claim {
  const { cpu = 1, ...rest } = change;
  return { key, requester: "r", resources: { ...NO_RESOURCES, cpuMillis: cpu }, priority: 0, ...rest };
}

/** Runs one after the other all that waits; answers in which order. */
function startAll(capacity: Capacity): readonly string[] {
  const order: string[] = [];
  for (let started = capacity.takeStartable(); started.length > 0; started = capacity.takeStartable()) {
    order.push(...started);
    for (const key of started) capacity.release(key);
  }
  return order;
}

describe("Capacity", () => {
  test("takeStartable() goes by priority, then by age", () => {
    const capacity = capacityOf({ total: { ...TOTAL, cpuMillis: 1 } });
    for (const [index, [key, priority]] of (
      [
        ["a", 0],
        ["d", 1],
        ["c", 0],
        ["b", 1],
      ] as const
    ).entries()) {
      capacity.add(claim(key, { priority }), "offered");
      capacity.enqueue(key, index);
    }
    expect(startAll(capacity)).toEqual(["d", "b", "a", "c"]);
  });

  test("takeStartable() lets one that has waited long enough go before a higher priority", () => {
    const capacity = capacityOf({ total: { ...TOTAL, cpuMillis: 1 } });
    for (const [key, priority, acceptedAtMs] of [
      ["low", 0, 0],
      ["early", 2, 199],
      ["late", 2, 201],
    ] as const) {
      capacity.add(claim(key, { priority }), "offered");
      capacity.enqueue(key, acceptedAtMs);
    }
    expect(startAll(capacity)).toEqual(["early", "low", "late"]);
  });

  test("takeStartable() doesn't let a small one pass a large one that waits", () => {
    const capacity = capacityOf();
    for (const [index, [key, cpu]] of (
      [
        ["running", 2],
        ["large", 3],
        ["small", 1],
      ] as const
    ).entries()) {
      capacity.add(claim(key, { cpu }), "offered");
      capacity.enqueue(key, index);
    }
    expect(capacity.takeStartable()).toEqual(["running"]);
    capacity.release("running");
    expect(capacity.takeStartable()).toEqual(["large", "small"]);
  });

  test("hasRoom() refuses what is larger than all of the node", () => {
    const capacity = capacityOf();
    expect(capacity.hasRoom({ ...NO_RESOURCES, gpus: 2 })).toBe(false);
    expect(capacity.hasRoom({ ...NO_RESOURCES, gpus: 1 })).toBe(true);
  });

  test("hasRoom() counts an execution that asks for nothing", () => {
    const capacity = capacityOf({ queueLimit: 0 });
    for (const key of ["a", "b", "c", "d"]) {
      expect(capacity.hasRoom(NO_RESOURCES)).toBe(true);
      capacity.add(claim(key, { resources: NO_RESOURCES }), "offered");
    }
    expect(capacity.hasRoom(NO_RESOURCES)).toBe(false);
  });

  test("hold() keeps the disk of a result, and no more than was claimed", () => {
    const capacity = capacityOf({ queueLimit: 0 });
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
        const capacity = capacityOf({ queueLimit });
        const keys: string[] = [];
        for (const [index, { kind, pick, size: resources, priority }] of acts.entries()) {
          const key = keys[pick % Math.max(1, keys.length)] ?? "";
          const standing = capacity.standingOf(key);
          if (kind === "ask" && capacity.hasRoom(resources)) {
            capacity.add({ key: `e-${index}`, requester: `r-${pick % 3}`, resources, priority }, "offered");
            keys.push(`e-${index}`);
          }
          if (kind === "accept" && standing === "offered") capacity.enqueue(key, index);
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

  test("whatever arrives, only a bounded number of later ones start before one that waits", () => {
    const worthMs = 100;
    const arrival = fc.record({
      cpu: fc.integer({ min: 1, max: 4 }),
      priority: fc.integer({ min: -3, max: 3 }),
      afterMs: fc.integer({ min: 1, max: 150 }),
      /** How many of those that run end before the next one arrives. */
      ends: fc.integer({ min: 0, max: 2 }),
    });
    fc.assert(
      fc.property(fc.array(arrival, { minLength: 1, maxLength: 120 }), (arrivals) => {
        const capacity = capacityOf({ queueLimit: 1000, agePerPriorityMs: worthMs });
        const queued = new Map<string, { readonly priority: number; readonly acceptedAtMs: number }>();
        const running: string[] = [];
        const start = (): void => {
          for (const key of capacity.takeStartable()) {
            const started = queued.get(key);
            queued.delete(key);
            running.push(key);
            if (started === undefined) throw new Error(`${key} started twice`);
            for (const { priority, acceptedAtMs } of queued.values()) {
              const lead = (started.priority - priority) * worthMs;
              expect(started.acceptedAtMs - acceptedAtMs).toBeLessThanOrEqual(lead);
            }
          }
          expect(fitsIn(capacity.used, TOTAL)).toBe(true);
        };
        let nowMs = 0;
        for (const [index, { cpu, priority, afterMs, ends }] of arrivals.entries()) {
          nowMs += afterMs;
          const key = `e-${index}`;
          capacity.add(claim(key, { cpu, priority }), "offered");
          capacity.enqueue(key, nowMs);
          queued.set(key, { priority, acceptedAtMs: nowMs });
          start();
          for (const over of running.splice(0, ends)) capacity.release(over);
          start();
        }
        while (running.length > 0) {
          capacity.release(running.shift() ?? "");
          start();
        }
        expect(queued.size).toBe(0);
        expect(capacity.used).toEqual(NO_RESOURCES);
      }),
      { numRuns: 300 },
    );
  });

  test("the order of the queue is the same whatever order its claims are read in", () => {
    const waiting = fc.uniqueArray(
      fc.record({ id: fc.nat(1000), priority: fc.integer({ min: -2, max: 2 }), acceptedAtMs: fc.nat(400) }),
      { selector: ({ id }) => id, maxLength: 30 },
    );
    const orderOf = (claims: readonly { id: number; priority: number; acceptedAtMs: number }[]) => {
      const capacity = capacityOf({ total: { ...TOTAL, cpuMillis: 1 }, queueLimit: 100 });
      for (const { id, priority, acceptedAtMs } of claims) {
        capacity.add(claim(`e-${id}`, { priority }), "offered");
        capacity.enqueue(`e-${id}`, acceptedAtMs);
      }
      return startAll(capacity);
    };
    fc.assert(
      fc.property(waiting, (claims) => {
        expect(orderOf(claims)).toEqual(orderOf(claims.toReversed()));
      }),
    );
  });
});
