import { isTerminal } from "@gadus/protocol";
import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { isFinal } from "./job-status.ts";
import { eventOf, jobEnd, refuseOnce, testNetwork } from "./test-network.ts";

const document = (change: object = {}, params: object = {}) => ({
  Name: "again",
  Tasks: [
    { Engine: { Type: "noop", Params: { Stdout: "hello", ...params } }, Publisher: { Type: "memory" } },
  ],
  Verifier: { Type: "none" },
  ...change,
});

let stop = async (): Promise<void> => {};
afterEach(() => stop());

async function network(...parameters: Parameters<typeof testNetwork>) {
  const started = await testNetwork(...parameters);
  stop = started.stop;
  return started;
}

describe("a job of a name that is there", () => {
  test("is the next version of the job, and the version before is kept with its executions and history", async () => {
    const { requester, nodes } = await network([{ runs: "silent" }]);
    const first = await requester.submit(document());
    expect(first).toEqual({ jobId: expect.any(String), jobVersion: 1, warnings: [] });
    await eventOf(requester, "execution/accepted");
    const second = await requester.submit(document({ Priority: 3, Count: 2 }));
    expect(second).toEqual({ ...first, jobVersion: 2 });

    const former = await requester.job(first.jobId, 1);
    expect(former.job).toMatchObject({ jobVersion: 1, status: "Stopped", closed: true });
    expect(former.job.stopReason).toBe("Version 2 of the job took its place");
    expect(former.document.Priority).toBeUndefined();
    expect(former.executions).toMatchObject([
      { state: "cancelled", jobVersion: 1, failure: { code: "requester/superseded", blame: "nobody" } },
    ]);
    const latest = await requester.job("again");
    expect(latest.job).toMatchObject({ jobVersion: 2, spec: { priority: 3 } });
    expect(latest.job.createdAtMs).toBe(former.job.createdAtMs);
    expect(latest.partitions).toHaveLength(2);
    expect(latest.executions.every(({ jobVersion }) => jobVersion === 2)).toBe(true);
    expect((await requester.versions("again")).map(({ job }) => job.jobVersion)).toEqual([1, 2]);

    const events = await requester.events({ jobId: first.jobId, afterSeq: 0, limit: 100 });
    const topics = (version: number) =>
      events.filter(({ jobVersion }) => jobVersion === version).map(({ topic }) => topic);
    expect(topics(1)).toContain("execution/cancelled");
    expect(topics(1).at(-1)).toBe("job/stopped");
    expect(topics(2)[0]).toBe("job/updated");
    const id = former.executions[0]?.id;
    await expect
      .poll(() => nodes[0]?.heard.filter((message) => message.type === "cancel"))
      .toEqual([expect.objectContaining({ executionId: id, code: "requester/superseded" })]);
  });

  test("goes by its id where it was given no name, as clients see it", async () => {
    const { requester } = await network([{}]);
    const { jobId } = await requester.submit(document({ Name: "" }));
    await jobEnd(requester, jobId);
    const shown = document({ Name: jobId });
    await expect(requester.submit(shown)).rejects.toMatchObject({
      code: "requester/unchanged",
      message: expect.stringContaining(`Cannot update job "${jobId}"`),
    });
    expect((await requester.diff(shown)).diff).toBe("");
    expect((await requester.diff({ ...shown, Priority: 3 })).diff).toBe("-Priority: 0\n+Priority: 3\n");
    expect(await requester.submit({ ...shown, Priority: 3 })).toMatchObject({ jobId, jobVersion: 2 });
    await jobEnd(requester, jobId);
    const elsewhere = await requester.submit({ ...shown, Namespace: "other" });
    expect(elsewhere.jobId).not.toBe(jobId);
  });

  test("is refused where it changes nothing, unless it is forced", async () => {
    const { requester } = await network([{}]);
    const { jobId } = await requester.submit(document());
    await jobEnd(requester, jobId);
    await expect(requester.submit({ ...document(), Count: 1 })).rejects.toMatchObject({
      code: "requester/unchanged",
      hint: expect.stringContaining("Force"),
    });
    expect(await requester.submit(document(), { force: true })).toMatchObject({ jobId, jobVersion: 2 });
    const { job } = await jobEnd(requester, jobId);
    expect(job).toMatchObject({ jobVersion: 2, status: "Completed" });
    expect((await requester.job(jobId, 1)).job).toMatchObject({ status: "Completed", stopReason: undefined });
  });

  test("is a job of its own in another namespace, and one without a name is never an update", async () => {
    const { requester } = await network([{}]);
    const ids = [
      await requester.submit(document()),
      await requester.submit(document({ Namespace: "other" })),
      await requester.submit(document({ Name: "" })),
      await requester.submit(document({ Name: undefined })),
    ].map(({ jobId }) => jobId);
    expect(new Set(ids).size).toBe(4);
  });

  test("that comes many times at once is one job, a version each", async () => {
    const { requester } = await network([{}]);
    const submissions = await Promise.all(
      Array.from({ length: 8 }, (_, index) => requester.submit(document({ Priority: index }))),
    );
    expect(new Set(submissions.map(({ jobId }) => jobId)).size).toBe(1);
    expect(submissions.map(({ jobVersion }) => jobVersion)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    const { job } = await jobEnd(requester, submissions[0]?.jobId ?? "");
    expect(job).toMatchObject({ jobVersion: 8, status: "Completed" });
    for (const version of [1, 2, 3, 4, 5, 6, 7]) {
      const { executions, job: former } = await requester.job(job.jobId, version);
      expect(former.closed).toBe(true);
      expect(executions.every(({ state }) => isTerminal(state))).toBe(true);
    }
  });

  test("that can't be stored leaves the job as it is, and isn't begun later", async () => {
    const { requester, store } = await network([{ runs: "silent" }]);
    const { jobId } = await requester.submit(document());
    await eventOf(requester, "execution/accepted");
    const refused = refuseOnce(store, (writes) => writes.some(({ kind }) => kind === "version"));
    await expect(requester.submit(document({ Priority: 3 }))).rejects.toThrow("the disk is full");
    await refused;
    await requester.stopJob(jobId, "enough");
    const { job } = await jobEnd(requester, jobId);
    expect(job).toMatchObject({ jobVersion: 1, status: "Stopped", stopReason: "enough" });
    expect(await requester.versions(jobId)).toHaveLength(1);
  });

  test("goes on with its latest version when the requester starts again", async () => {
    const { requester, newRequester, addNode } = await network([], { queueTimeoutMs: 60_000 });
    const { jobId } = await requester.submit(document());
    await requester.submit(document({ Priority: 3 }));
    await requester.stop();
    const again = newRequester();
    await again.start();
    await addNode({});
    const { job } = await jobEnd(again, jobId);
    expect(job).toMatchObject({ jobVersion: 2, status: "Completed" });
    await again.stop();
  });
});

describe("rerun()", () => {
  test("begins a version with the document of the latest, or of the one that is named", async () => {
    const { requester } = await network([{}]);
    const { jobId } = await requester.submit(document({ Name: undefined, Priority: 1 }));
    await jobEnd(requester, jobId);
    expect(await requester.rerun(jobId, { reason: "the input was wrong" })).toEqual({
      jobId,
      jobVersion: 2,
      warnings: [],
    });
    await jobEnd(requester, jobId);
    const events = await requester.events({ jobId, jobVersion: 2, afterSeq: 0, limit: 1 });
    expect(events).toMatchObject([
      { topic: "job/rerun", message: "Run again as version 1 was: the input was wrong" },
    ]);
    expect(await requester.rerun(jobId, { jobVersion: 1 })).toMatchObject({ jobVersion: 3 });
    expect((await requester.job(jobId, 3)).document.Priority).toBe(1);
    await expect(requester.rerun(jobId, { jobVersion: 9 })).rejects.toMatchObject({
      code: "requester/unknown-version",
    });
  });

  test("ends what runs of the version before", async () => {
    const { requester } = await network([{ runs: "silent" }, { runs: "silent" }]);
    const { jobId } = await requester.submit(document());
    await eventOf(requester, "execution/accepted");
    await requester.rerun(jobId);
    const { executions } = await requester.job(jobId, 1);
    expect(executions.every(({ state }) => isTerminal(state))).toBe(true);
    expect((await requester.job(jobId)).job.desired).toBe("run");
  });
});

test("diff() tells what an update would change, and of a new job all that it says", async () => {
  const { requester } = await network([{}]);
  expect((await requester.diff(document())).diff).toContain('+Name: "again"\n');
  await requester.submit(document());
  expect(await requester.diff(document())).toEqual({ diff: "", warnings: [] });
  expect(await requester.diff({ ...document({}, { Stdout: "bye" }), Colour: "red" })).toEqual({
    diff: '-Tasks[0].Engine.Params.Stdout: "hello"\n+Tasks[0].Engine.Params.Stdout: "bye"\n',
    warnings: [expect.stringContaining("Colour")],
  });
});

test("whatever comes when, one version lives, those before it have ended, and each is as it was submitted", async () => {
  const act = fc.constantFrom("update", "rerun", "stop", "restart", "wait");
  const property = fc.asyncProperty(fc.array(act, { maxLength: 12 }), async (acts) => {
    const { newRequester, requester: first, stop: end } = await testNetwork([{}, { runs: "silent" }]);
    let requester = first;
    const priorities = [0];
    const { jobId } = await requester.submit(document({ Priority: 0 }));
    for (const [index, each] of acts.entries()) {
      if (each === "update") {
        await requester.submit(document({ Priority: index + 1 }));
        priorities.push(index + 1);
      } else if (each === "rerun") {
        await requester.rerun(jobId, { jobVersion: 1 });
        priorities.push(0);
      } else if (each === "stop") await requester.stopJob(jobId, "enough");
      else if (each === "wait") await new Promise((resolve) => setTimeout(resolve, 5));
      else {
        await requester.stop();
        requester = newRequester();
        await requester.start();
      }
    }
    const versions = await requester.versions(jobId);
    expect(versions.map(({ job }) => job.jobVersion)).toEqual(priorities.map((_, index) => index + 1));
    expect(versions.map((version) => version.document.Priority)).toEqual(priorities);
    for (const { job } of versions.slice(0, -1)) {
      const former = await requester.job(jobId, job.jobVersion);
      expect([former.job.closed, isFinal(former.job.status)]).toEqual([true, true]);
      expect(former.executions.every(({ state }) => isTerminal(state))).toBe(true);
    }
    const { executions, partitions } = await requester.job(jobId);
    for (const { jobVersion } of [...executions, ...partitions]) expect(jobVersion).toBe(versions.length);
    await requester.stop();
    await end();
  });
  await fc.assert(property, { numRuns: 25 });
});
