import { silentLogger } from "@gadus/protocol";
import { expect, test } from "vitest";
import { makeEvent, makeJobRecord } from "./conformance-records.ts";
import { Housekeeping } from "./housekeeping.ts";
import { createMemoryStore } from "./memory-store.ts";
import type { RequesterStore } from "./store.ts";

const DAY_MS = 86_400_000;

/** A clock that rings its next timer when it is told to. */
function handClock() {
  let nowMs = 0;
  let timers: { readonly atMs: number; readonly callback: () => void }[] = [];
  return {
    nowMs: () => nowMs,
    setTimer(delayMs: number, callback: () => void) {
      const timer = { atMs: nowMs + delayMs, callback };
      timers.push(timer);
      return { cancel: () => void (timers = timers.filter((other) => other !== timer)) };
    },
    pending: () => timers.length,
    set: (ms: number) => void (nowMs = ms),
    ring() {
      const due = timers;
      timers = [];
      for (const { callback } of due) callback();
      return due.map(({ atMs }) => atMs - nowMs);
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
  /** Has what is due done, and waits until the next time is set. */
  const turn = async (): Promise<void> => {
    clock.ring();
    await expect.poll(clock.pending).toBe(1);
  };
  return { store, clock, housekeeping, finish, turn };
}

test("housekeeping compacts a job once it was kept long enough, and forgets it later", async () => {
  const { store, clock, housekeeping, finish, turn } = subject();
  await finish("j-1");
  housekeeping.start();
  clock.set(DAY_MS);
  await turn();
  const topics = async () =>
    (await store.events({ jobId: "j-1", afterSeq: 0, limit: 9 })).map(({ topic }) => topic);
  expect(await topics()).toEqual([makeEvent("j-1").topic]);
  clock.set(DAY_MS + 1);
  await turn();
  expect(await topics()).toEqual(["job/compacted"]);
  clock.set(10 * DAY_MS + 1);
  await turn();
  expect(await store.job("j-1")).toBeUndefined();
  await housekeeping.stop();
  expect(clock.pending()).toBe(0);
});

test("housekeeping goes in batches, with a pause between that is shorter than to the next look", async () => {
  const { store, clock, housekeeping, finish, turn } = subject();
  for (let index = 0; index < 600; index += 1) await finish(`j-${index}`);
  clock.set(2 * DAY_MS);
  housekeeping.start();
  await turn();
  const left = await store.compact({ closedBeforeMs: DAY_MS, nowMs: 0, maxRows: 1 });
  expect(left).toBeGreaterThan(0);
  const [pauseMs = 0] = clock.ring();
  await expect.poll(clock.pending).toBe(1);
  const [intervalMs = 0] = clock.ring();
  expect(pauseMs).toBeLessThan(intervalMs);
  await housekeeping.stop();
});

test("housekeeping goes on after a store that refused, and never beyond its stop", async () => {
  const { store, clock, housekeeping, finish, turn } = subject();
  await finish("j-1");
  const compact = store.compact.bind(store);
  store.compact = async () => {
    store.compact = compact;
    throw new Error("the disk is full");
  };
  clock.set(2 * DAY_MS);
  housekeeping.start();
  await turn();
  await turn();
  expect(await store.events({ jobId: "j-1", afterSeq: 0, limit: 9 })).toMatchObject([
    { topic: "job/compacted" },
  ]);
  clock.ring();
  await housekeeping.stop();
  expect(clock.pending()).toBe(0);
});
