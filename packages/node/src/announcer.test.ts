import { type Announcement, type Clock, silentLogger } from "@gadus/protocol";
import { expect, test } from "vitest";
import { createAnnouncer } from "./announcer.ts";

/** A clock that moves only when it is told to. */
function makeClock(): Clock & { advance(ms: number): Promise<void> } {
  let nowMs = 1_000_000;
  const timers = new Set<{ readonly atMs: number; readonly callback: () => void }>();
  return {
    nowMs: () => nowMs,
    setTimer: (delayMs, callback) => {
      const timer = { atMs: nowMs + delayMs, callback };
      timers.add(timer);
      return { cancel: () => timers.delete(timer) };
    },
    advance: async (ms) => {
      nowMs += ms;
      for (const timer of [...timers].filter(({ atMs }) => atMs <= nowMs)) {
        timers.delete(timer);
        timer.callback();
      }
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

function setup() {
  const clock = makeClock();
  const announced: Announcement[] = [];
  let sequence = 0;
  const announcer = createAnnouncer({
    clock,
    logger: silentLogger,
    transport: {
      announce: async (announcement) => {
        announced.push(announcement);
      },
    },
    describe: () => ({ version: "1.0.0", requester: false, labels: {} }),
    nextSequence: async () => {
      sequence += 1;
      return sequence;
    },
  });
  return { clock, announced, announcer };
}

test("start() announces at once, and again three times in the life of an announcement", async () => {
  const { clock, announced, announcer } = setup();
  await announcer.start();
  expect(announced).toEqual([
    { version: "1.0.0", requester: false, labels: {}, sequence: 1, ttlMs: 120_000 },
  ]);
  for (let time = 0; time < 3; time += 1) await clock.advance(40_000);
  expect(announced.map((announcement) => announcement.sequence)).toEqual([1, 2, 3, 4]);
});

test("changed() announces soon, and many changes as one", async () => {
  const { clock, announced, announcer } = setup();
  await announcer.start();
  for (let time = 0; time < 100; time += 1) announcer.changed();
  expect(announced).toHaveLength(1);
  await clock.advance(2000);
  expect(announced).toHaveLength(2);
  await clock.advance(10_000);
  expect(announced).toHaveLength(2);
  announcer.changed();
  await clock.advance(0);
  expect(announced).toHaveLength(3);
});

test("stop() announces nothing more", async () => {
  const { clock, announced, announcer } = setup();
  await announcer.start();
  announcer.changed();
  announcer.stop();
  announcer.changed();
  await clock.advance(1_000_000);
  expect(announced).toHaveLength(1);
});
