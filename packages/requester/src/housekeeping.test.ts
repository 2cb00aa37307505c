import { silentLogger } from "@gadus/protocol";
import { expect, test } from "vitest";
import { makeEvent, makeJobRecord } from "./conformance-records.ts";
import { Housekeeping } from "./housekeeping.ts";
import { createMemoryStore } from "./memory-store.ts";
import type { RequesterStore } from "./store.ts";

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

/** A clock that goes to its next timer when it is told to. */
function handClock() {
  let nowMs = 0;
  let timers: { readonly atMs: number; readonly callback: () => void }[] = [];
  let isSet = Promise.withResolvers<void>();
  return {
    nowMs: () => nowMs,
    setTimer(delayMs: number, callback: () => void) {
      const timer = { atMs: nowMs + delayMs, callback };
      timers.push(timer);
      isSet.resolve();
      return { cancel: () => void (timers = timers.filter((other) => other !== timer)) };
    },
    pending: () => timers.length,
    isSet: () => isSet.promise,
    jump: (ms: number) => void (nowMs += ms),
    /** Lets the time of every timer pass, after the jumps so far; answers how long that was. */
    ring(jumpedMs = 0) {
      const due = timers;
      timers = [];
      isSet = Promise.withResolvers();
      const delaysMs = due.map(({ atMs, callback }) => {
        const delayMs = atMs - nowMs + jumpedMs;
        nowMs = atMs + jumpedMs;
        callback();
        return delayMs - jumpedMs;
      });
      return delaysMs[0] ?? 0;
    },
  };
}

function subject(store: RequesterStore = createMemoryStore()) {
  const clock = handClock();
  const options = { keepFinishedMs: DAY_MS, forgetFinishedMs: 10 * DAY_MS };
  const housekeeping = new Housekeeping({ store, clock, logger: silentLogger, options });
  const finish = (jobId: string) =>
    store.commit([
      { kind: "job", job: makeJobRecord(jobId, { closed: true, status: "Completed", modifiedAtMs: 0 }) },
      { kind: "event", event: makeEvent(jobId) },
    ]);
  /** Has what is due done, where the clock jumps meanwhile, and waits until the next time is set. */
  const turn = async (jumpMs = 0): Promise<number> => {
    const passedMs = clock.ring(jumpMs);
    await clock.isSet();
    return passedMs;
  };
  /** Lets time pass, at least so long. */
  const pass = async (ms: number): Promise<void> => {
    for (let passedMs = 0; passedMs < ms; ) passedMs += await turn();
  };
  const topics = async (): Promise<readonly string[]> =>
    (await store.events({ jobId: "j-1", afterSeq: 0, limit: 9 })).map(({ topic }) => topic);
  return { store, clock, housekeeping, finish, turn, pass, topics };
}

const { topic } = makeEvent("j-1");

test("housekeeping compacts a job once it was kept long enough, and forgets it later", async () => {
  const { store, clock, housekeeping, finish, pass, topics } = subject();
  await finish("j-1");
  housekeeping.start();
  await pass(DAY_MS);
  expect(await topics()).toEqual([topic]);
  await pass(1);
  expect(await topics()).toEqual(["job/compacted"]);
  await pass(9 * DAY_MS);
  expect(await store.job("j-1")).toBeUndefined();
  await housekeeping.stop();
  expect(clock.pending()).toBe(0);
});

test("housekeeping removes nothing by a clock that was wrong at the start, or that jumps", async () => {
  const { clock, housekeeping, finish, turn, pass, topics } = subject();
  await finish("j-1");
  clock.jump(20 * DAY_MS);
  housekeeping.start();
  await pass(HOUR_MS / 2);
  await turn(-20 * DAY_MS);
  await pass(3 * HOUR_MS);
  await turn(20 * DAY_MS);
  await pass(HOUR_MS / 2);
  expect(await topics()).toEqual([topic]);
  await pass(HOUR_MS);
  expect(await topics()).toEqual([]);
  await housekeeping.stop();
});

test("housekeeping goes in batches, with a pause between that is shorter than to the next look", async () => {
  const { store, clock, housekeeping, finish, turn, pass } = subject();
  for (let index = 0; index < 600; index += 1) await finish(`j-${index}`);
  clock.jump(2 * DAY_MS);
  housekeeping.start();
  await pass(HOUR_MS);
  const left = await store.compact({ closedBeforeMs: DAY_MS, nowMs: 0, maxRows: 1 });
  expect(left).toBeGreaterThan(0);
  const pauseMs = await turn();
  const intervalMs = await turn();
  expect(pauseMs).toBeLessThan(intervalMs);
  await housekeeping.stop();
});

test("housekeeping goes on after a store that refused, and never beyond its stop", async () => {
  const { store, clock, housekeeping, finish, turn, pass, topics } = subject();
  await finish("j-1");
  const compact = store.compact.bind(store);
  store.compact = async () => {
    store.compact = compact;
    throw new Error("the disk is full");
  };
  clock.jump(2 * DAY_MS);
  housekeeping.start();
  await pass(HOUR_MS);
  expect(await topics()).toEqual([topic]);
  await turn();
  expect(await topics()).toEqual(["job/compacted"]);
  clock.ring();
  await housekeeping.stop();
  expect(clock.pending()).toBe(0);
});
