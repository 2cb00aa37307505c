import { describe, expect, test } from "vitest";
import { compactionOf } from "./compaction.ts";
import {
  DOCUMENT,
  makeEvent,
  makeExecutionRecord,
  makeJobRecord,
  makePartitionRecord,
} from "./conformance-records.ts";
import type { ExecutionRecord } from "./records.ts";
import { MAX_FORMER_VERSIONS, type RequesterStore, type RequesterWrite } from "./store.ts";

const ALL = { closedBeforeMs: 1_000, nowMs: 2_000, maxRows: 1_000 };

/** The part of the contract of {@link RequesterStore} that is about what finished jobs leave. */
export function describeCleaning(storeOf: () => RequesterStore): void {
  const lost = (jobId: string): ExecutionRecord =>
    makeExecutionRecord(jobId, `e-lost-${jobId}`, { state: "failed" });
  const won = (jobId: string): ExecutionRecord =>
    makeExecutionRecord(jobId, `e-won-${jobId}`, { state: "published" });
  const closed = (jobId: string, modifiedAtMs: number) =>
    makeJobRecord(jobId, { closed: true, status: "Completed", modifiedAtMs });

  /** Stores a job that is over, with two events and two executions. */
  const finish = async (jobId: string, modifiedAtMs: number): Promise<void> => {
    const writes: readonly RequesterWrite[] = [
      { kind: "job", job: closed(jobId, modifiedAtMs), document: DOCUMENT },
      { kind: "partition", partition: makePartitionRecord(jobId, { completedBy: `e-won-${jobId}` }) },
      { kind: "execution", execution: lost(jobId) },
      { kind: "execution", execution: won(jobId) },
      { kind: "event", event: makeEvent(jobId) },
      { kind: "event", event: makeEvent(jobId, { executionId: lost(jobId).id }) },
    ];
    await storeOf().commit(writes);
  };
  const messagesOf = async (jobId: string): Promise<readonly string[]> =>
    (await storeOf().events({ jobId, afterSeq: 0, limit: 10 })).map(({ topic }) => topic);

  describe("compact()", () => {
    test("keeps a job, its document, partitions and results, and one event that says so", async () => {
      const store = storeOf();
      await finish("j-1", 999);
      await store.compact(ALL);
      expect(await store.job("j-1")).toEqual({
        job: closed("j-1", 999),
        partitions: [makePartitionRecord("j-1", { completedBy: "e-won-j-1" })],
        executions: [won("j-1")],
      });
      expect(await store.document("j-1")).toEqual(DOCUMENT);
      const seq = await store.lastSeq();
      expect(await store.events({ jobId: "j-1", afterSeq: 0, limit: 10 })).toEqual([
        { ...compactionOf(makeJobRecord("j-1"), 2_000), seq },
      ]);
      expect(await store.events({ afterSeq: 0, limit: 10 })).toHaveLength(1);
      expect(await store.events({ executionId: lost("j-1").id, afterSeq: 0, limit: 10 })).toEqual([]);
    });

    test("leaves live jobs alone, those that ended lately, and those that were compacted", async () => {
      const store = storeOf();
      await store.commit([
        { kind: "job", job: makeJobRecord("j-live", { modifiedAtMs: 1 }), document: DOCUMENT },
        { kind: "event", event: makeEvent("j-live") },
      ]);
      await finish("j-late", 1_000);
      await finish("j-old", 999);
      const topic = makeEvent("j-live").topic;
      expect(await store.compact(ALL)).toBeGreaterThan(0);
      expect(await store.compact(ALL)).toBe(0);
      expect(await messagesOf("j-live")).toEqual([topic]);
      expect(await messagesOf("j-late")).toEqual([topic, topic]);
      expect(await messagesOf("j-old")).toEqual(["job/compacted"]);
    });

    test("comes to the same end in batches of few rows", async () => {
      const store = storeOf();
      for (const jobId of ["j-1", "j-2", "j-3"]) await finish(jobId, 1);
      let batches = 0;
      for (; (await store.compact({ ...ALL, maxRows: 1 })) > 0; batches += 1)
        expect(batches).toBeLessThan(100);
      expect(batches).toBeGreaterThan(3);
      for (const jobId of ["j-1", "j-2", "j-3"]) {
        expect(await messagesOf(jobId)).toEqual(["job/compacted"]);
        expect((await store.job(jobId))?.executions).toEqual([won(jobId)]);
      }
    });

    test("never gives an event number twice", async () => {
      const store = storeOf();
      await finish("j-1", 1);
      const before = await store.lastSeq();
      await store.compact(ALL);
      const after = await store.lastSeq();
      expect(after).toBeGreaterThan(before);
      await store.forget(ALL);
      await finish("j-2", 1);
      const events = await store.events({ jobId: "j-2", afterSeq: 0, limit: 10 });
      expect(events[0]?.seq).toBeGreaterThan(after);
      expect(await store.events({ afterSeq: before, limit: 10 })).toEqual(events);
    });
  });

  describe("forgottenSeq()", () => {
    test("is 0 where every event is there, of each job as of all", async () => {
      const store = storeOf();
      await finish("j-1", 1);
      expect([await store.forgottenSeq(), await store.forgottenSeq("j-1")]).toEqual([0, 0]);
      expect(await store.forgottenSeq("j-none")).toBe(0);
    });

    test("is the last event that was compacted, of its job and of all, and stays once the job is forgotten", async () => {
      const store = storeOf();
      await finish("j-1", 1);
      const last = await store.lastSeq();
      await finish("j-2", 1_000);
      await store.compact(ALL);
      expect(await store.forgottenSeq()).toBe(last);
      expect([await store.forgottenSeq("j-1"), await store.forgottenSeq("j-2")]).toEqual([last, 0]);
      // The event that says so goes, too, and is nothing that anybody missed.
      await store.forget(ALL);
      expect(await store.forgottenSeq()).toBe(last);
    });

    test("goes with each batch, before the compaction itself is told", async () => {
      const store = storeOf();
      await finish("j-1", 1);
      const [first] = await store.events({ jobId: "j-1", afterSeq: 0, limit: 10 });
      await store.compact({ ...ALL, maxRows: 1 });
      expect([await store.forgottenSeq(), await store.forgottenSeq("j-1")]).toEqual([first?.seq, first?.seq]);
    });

    test("is the last event of the versions that gave way", async () => {
      const store = storeOf();
      await store.commit([
        { kind: "job", job: makeJobRecord("j-1"), document: DOCUMENT },
        { kind: "event", event: makeEvent("j-1") },
        { kind: "event", event: makeEvent("j-1", { jobVersion: 2 }) },
      ]);
      const last = MAX_FORMER_VERSIONS + 1;
      const versions = Array.from({ length: last }, (_, at): RequesterWrite => {
        return { kind: "version", job: makeJobRecord("j-1", { jobVersion: at + 1 }), document: DOCUMENT };
      });
      await store.commit(versions.slice(0, -1));
      expect(await store.forgottenSeq()).toBe(0);
      await store.commit(versions.slice(-1));
      const left = await store.events({ jobId: "j-1", afterSeq: 0, limit: 10 });
      expect(left.map(({ jobVersion }) => jobVersion)).toEqual([2]);
      const missed = (left[0]?.seq ?? 0) - 1;
      expect([await store.forgottenSeq(), await store.forgottenSeq("j-1")]).toEqual([missed, missed]);
    });
  });

  describe("forget()", () => {
    test("removes every row of jobs that were compacted, and no other", async () => {
      const store = storeOf();
      await finish("j-1", 1);
      await store.compact(ALL);
      await finish("j-2", 1);
      expect(await store.forget(ALL)).toBeGreaterThan(0);
      expect(await store.forget(ALL)).toBe(0);
      expect(await store.job("j-1")).toBeUndefined();
      expect(await store.document("j-1")).toBeUndefined();
      expect(await store.findJobs("j-1", 10)).toEqual([]);
      expect(await messagesOf("j-1")).toEqual([]);
      expect(await messagesOf("j-2")).toHaveLength(2);
      await finish("j-1", 1);
      expect((await store.job("j-1"))?.executions).toHaveLength(2);
    });

    test("goes through a job with many results in batches, and its own row and partitions last", async () => {
      const store = storeOf();
      await finish("j-1", 1);
      const more = Array.from({ length: 20 }, (_, at) =>
        makeExecutionRecord("j-1", `e-${at}`, { state: "published" }),
      );
      await store.commit(more.map((execution) => ({ kind: "execution", execution })));
      await store.compact(ALL);
      const bounds = { ...ALL, maxRows: 5 };
      for (let left = 21 - 4; left > 0; left -= 5) {
        expect(await store.forget(bounds)).toBe(5);
        const view = await store.job("j-1");
        expect(view?.partitions).toHaveLength(1);
        expect(view?.executions).toHaveLength(left);
      }
      while ((await store.forget(bounds)) > 0) expect(await store.document("j-1")).toBeUndefined();
      expect(await store.job("j-1")).toBeUndefined();
    });

    test("keeps jobs that ended lately, and comes to the same end in batches", async () => {
      const store = storeOf();
      for (const jobId of ["j-1", "j-2"]) await finish(jobId, 1);
      await finish("j-3", 500);
      await store.compact(ALL);
      const bounds = { ...ALL, closedBeforeMs: 500, maxRows: 1 };
      let batches = 0;
      for (; (await store.forget(bounds)) > 0; batches += 1) expect(batches).toBeLessThan(100);
      expect(batches).toBeGreaterThan(2);
      const left = await store.listJobs({ orderBy: "created_at", reverse: false, limit: 10 });
      expect(left.items.map(({ jobId }) => jobId)).toEqual(["j-3"]);
    });
  });
}
