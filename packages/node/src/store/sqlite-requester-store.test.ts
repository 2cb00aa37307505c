import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describeRequesterStore, makeJobRecord } from "@gadus/requester/conformance";
import { expect, test, vi } from "vitest";
import { openRequesterStore } from "./sqlite-requester-store.ts";

describeRequesterStore("openRequesterStore()", async () => {
  const folder = await mkdtemp(join(tmpdir(), "gadus-store-"));
  const path = join(folder, "requester.db");
  let store = openRequesterStore(path);
  return {
    store,
    reopen: async () => {
      store.close();
      store = openRequesterStore(path);
      return store;
    },
    close: async () => {
      store.close();
      await rm(folder, { recursive: true });
    },
  };
});

test("what finished jobs leave is room for new ones: the file stays as large as it was", async () => {
  const folder = await mkdtemp(join(tmpdir(), "gadus-store-"));
  const path = join(folder, "requester.db");
  const store = openRequesterStore(path);
  const pagesOf = (): number => {
    const database = new DatabaseSync(path, { readOnly: true });
    const row = database.prepare("PRAGMA page_count").get();
    database.close();
    return Number(row?.["page_count"]);
  };
  const fill = async (round: number): Promise<void> => {
    for (let index = 0; index < 40; index += 1) {
      const jobId = `j-${round}-${index}`;
      const { namespace, owner, jobVersion } = makeJobRecord(jobId);
      const event = {
        jobId,
        namespace,
        owner,
        jobVersion,
        executionId: undefined,
        topic: "t",
        details: {},
        atMs: 1,
      };
      const job = makeJobRecord(jobId, { closed: true, status: "Completed", modifiedAtMs: round });
      await store.commit(
        [
          { kind: "job", job, document: { Name: "x".repeat(2_000), Tasks: [{ Engine: { Type: "noop" } }] } },
          { kind: "event", event: { ...event, message: "x".repeat(10_000) } },
        ],
        { durable: false },
      );
    }
  };
  await fill(1);
  const before = pagesOf();
  for (let round = 2; round < 7; round += 1) {
    const bounds = { closedBeforeMs: round, nowMs: 1, maxRows: 10_000 };
    await store.compact(bounds);
    await store.forget(bounds);
    await fill(round);
  }
  expect(pagesOf()).toBeLessThan(before * 1.2);
  store.close();
  await rm(folder, { recursive: true });
});

test("a store of many finished jobs opens and is read by indexes alone, never by looking at each row", async () => {
  const folder = await mkdtemp(join(tmpdir(), "gadus-store-"));
  const path = join(folder, "requester.db");
  const prepare = vi.spyOn(DatabaseSync.prototype, "prepare");
  const store = openRequesterStore(path);
  await store.commit([{ kind: "job", job: makeJobRecord("j-1"), document: { Tasks: [] } }]);
  for await (const { job } of store.liveJobs()) expect(job.jobId).toBe("j-1");
  for (const orderBy of ["created_at", "modified_at"] as const) {
    await store.listJobs({ orderBy, reverse: false, limit: 100 });
    await store.listJobs({ orderBy, reverse: true, limit: 100, namespace: "default" });
  }
  await Promise.all([store.job("j-1"), store.document("j-1"), store.findJobs("j-1", 2), store.lastSeq()]);
  await Promise.all([store.execution("e-1"), store.events({ jobId: "j-1", afterSeq: 0, limit: 10 })]);
  const queries = prepare.mock.calls.map(([sql]) => sql).filter((sql) => /^\s*(SELECT|WITH)/i.test(sql));
  prepare.mockRestore();
  store.close();
  const database = new DatabaseSync(path, { readOnly: true });
  const plans = [...new Set(queries)].flatMap((sql) =>
    database
      .prepare(`EXPLAIN QUERY PLAN ${sql}`)
      .all()
      .map((row) => `${String(row["detail"])} of ${sql}`),
  );
  database.close();
  await rm(folder, { recursive: true });
  expect(plans.length).toBeGreaterThan(6);
  expect(plans.filter((plan) => /^SCAN (jobs|job_parts|partitions|executions|events) of/.test(plan))).toEqual(
    [],
  );
});
