import { expect, test } from "vitest";
import { BenchError } from "./bench-error.ts";
import { measureBurst, measureSubmitters } from "./measure.ts";

test("measureSubmitters() counts every job but each submitter's first", async () => {
  let runs = 0;
  const run = async (): Promise<void> => void runs++;
  const measured = await measureSubmitters(3, run, { jobs: 20, seconds: 60 });
  expect(measured.jobs).toBe(20);
  expect(runs).toBe(23);
});

test("measureSubmitters() has no more jobs under way than submitters", async () => {
  let underWay = 0;
  let most = 0;
  const run = async (): Promise<void> => {
    most = Math.max(most, ++underWay);
    await new Promise(setImmediate);
    underWay--;
  };
  await measureSubmitters(4, run, { jobs: 40, seconds: 60 });
  expect(most).toBe(4);
});

test("measureBurst() sends all at once", async () => {
  const gate = Promise.withResolvers<void>();
  let waiting = 0;
  const run = async (): Promise<void> => {
    if (++waiting === 10) gate.resolve();
    await gate.promise;
  };
  expect((await measureBurst(10, run)).jobs).toBe(10);
});

test("measureSubmitters() counts jobs that fail, and says why the first one did", async () => {
  let runs = 0;
  const run = async (): Promise<void> => {
    runs++;
    if (runs % 2 === 0) throw new BenchError("bench/job-not-completed", `job ${runs}`);
  };
  const measured = await measureSubmitters(1, run, { jobs: 10, seconds: 60 });
  expect(measured).toMatchObject({ jobs: 5, failed: 5, failure: "job 2" });
});

test("measureSubmitters() fails with anything else that goes wrong", async () => {
  const run = (): Promise<void> => Promise.reject(new Error("no node"));
  await expect(measureSubmitters(2, run, { jobs: 2, seconds: 60 })).rejects.toThrow("no node");
});
