import { beforeEach, describe, expect, test } from "vitest";
import { createFakeClock, type FakeClock } from "./fake-clock.ts";
import { createRedial, type Redial } from "./redial.ts";

let clock: FakeClock;
let redial: Redial;
let dials: string[];
let reachable: Set<string>;

beforeEach(() => {
  clock = createFakeClock();
  dials = [];
  reachable = new Set();
  redial = createRedial({
    clock,
    dialsFirst: () => true,
    async dial(peerId) {
      dials.push(peerId);
      if (!reachable.has(peerId)) throw new Error("unreachable");
      redial.onUp(peerId);
    },
  });
});

describe("createRedial()", () => {
  test("dials a bootstrap peer at once, and never lets go of it", async () => {
    redial.keepForEver("a");
    await clock.pass(0);
    expect(dials).toEqual(["a"]);
    redial.forget("a");
    await clock.pass(3 * 3_600_000);
    expect(dials.length).toBeGreaterThan(300);
    reachable.add("a");
    await clock.pass(30_000);
    const before = dials.length;
    await clock.pass(3_600_000);
    expect(dials).toHaveLength(before);
  });

  test("finds a bootstrap peer within five seconds of its return, however long and often it was away", async () => {
    redial.keepForEver("a");
    for (let times = 0; times < 10; times++) {
      redial.onUp("a");
      redial.onDown("a");
    }
    await clock.pass(3_600_000);
    reachable.add("a");
    const before = dials.length;
    await clock.pass(5000);
    expect(dials).toHaveLength(before + 1);
  });

  test("dials a peer that was connected again, with growing pauses, and lets go of it in the end", async () => {
    redial.onUp("a");
    await clock.pass(60_000);
    redial.onDown("a");
    await clock.pass(1000);
    const early = dials.length;
    expect(early).toBeGreaterThanOrEqual(3);
    await clock.pass(10 * 3_600_000);
    expect(dials).toHaveLength(120);
  });

  test("stops dialling a peer that came back, and starts over when it goes again", async () => {
    redial.onUp("a");
    await clock.pass(60_000);
    redial.onDown("a");
    redial.onUp("a");
    await clock.pass(60_000);
    expect(dials).toEqual([]);
    redial.onDown("a");
    await clock.pass(50);
    expect(dials).toEqual(["a"]);
  });

  test("waits longer for a peer whose connections don't last", async () => {
    for (let times = 0; times < 10; times++) {
      redial.onUp("a");
      redial.onDown("a");
    }
    await clock.pass(5000);
    expect(dials).toEqual([]);
  });

  test("tries a peer that was only heard of a few times, and not while it may be connecting", async () => {
    redial.discovered("a");
    await clock.pass(100);
    expect(dials).toEqual([]);
    await clock.pass(3_600_000);
    expect(dials).toHaveLength(3);
  });

  test("dials nobody after stop() or forget()", async () => {
    for (const peerId of ["a", "b"]) {
      redial.onUp(peerId);
      redial.onDown(peerId);
    }
    redial.forget("a");
    redial.stop();
    await clock.pass(3_600_000);
    expect(dials).toEqual([]);
  });
});
