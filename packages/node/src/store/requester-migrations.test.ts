import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Constraint } from "@gadus/protocol";
import { makeExecutionRecord, makeJobRecord, makePartitionRecord } from "@gadus/requester/conformance";
import { expect, test } from "vitest";
import { REQUESTER_SCHEMA } from "./requester-schema.ts";
import { openSqlite } from "./sqlite.ts";
import { openRequesterStore, type SqliteRequesterStore } from "./sqlite-requester-store.ts";
import { toStored } from "./stored-value.ts";

test("a store from before jobs had versions is read as it was, is found by labels, and takes new versions", async () => {
  const folder = await mkdtemp(join(tmpdir(), "gadus-store-"));
  const path = join(folder, "requester.db");
  const { spec, task: _, ...row } = makeJobRecord("j-1", { closed: true });
  const partition = makePartitionRecord("j-1", { target: 3 });
  const execution = makeExecutionRecord("j-1", "e-1");
  const document = { Name: "count", Labels: { team: "cod" }, Tasks: [{ Engine: { Type: "noop" } }] };
  const old = openSqlite(path, { migrations: REQUESTER_SCHEMA.migrations.slice(0, 2) });
  await old.commit(() => {
    old
      .prepare(`INSERT INTO jobs (job_id, namespace, owner, job_version, name, status, closed, created_at_ms,
        modified_at_ms, revision, body) VALUES ('j-1', 'default', '', 1, 'count', 'Completed', 1, 1, 1, 1, ?)`)
      .run(toStored(row));
    for (const [part, value] of Object.entries({ document, spec }))
      old.prepare("INSERT INTO job_parts VALUES ('j-1', ?, ?)").run(part, toStored(value));
    old.prepare("INSERT INTO partitions VALUES ('j-1', 0, 'default', '', 1, 1, ?)").run(toStored(partition));
    old
      .prepare(`INSERT INTO executions (execution_id, job_id, partition, namespace, owner, job_version, node_id, state,
        revision, body) VALUES ('e-1', 'j-1', 0, 'default', '', 1, 'node-a', 'asked', 1, ?)`)
      .run(toStored(execution));
  });
  old.close();

  const store = openRequesterStore(path);
  expect(await store.job("j-1")).toMatchObject({ partitions: [{ target: 3 }], executions: [{ id: "e-1" }] });
  const labels: Constraint[] = [{ Key: "team", Operator: "in", Values: ["cod"] }];
  const query = { orderBy: "created_at", reverse: false, limit: 10 } as const;
  const page = await store.listJobs({ ...query, labels });
  expect(page.items.map(({ jobId }) => jobId)).toEqual(["j-1"]);
  expect(await store.named("default", "count")).toBe("j-1");
  await store.commit([
    { kind: "version", job: makeJobRecord("j-1"), document },
    { kind: "job", job: makeJobRecord("j-1", { jobVersion: 2, revision: 2 }), document },
    { kind: "partition", partition: makePartitionRecord("j-1", { jobVersion: 2 }) },
  ]);
  expect((await store.version("j-1", 1))?.partitions).toMatchObject([{ target: 3 }]);
  expect((await store.job("j-1"))?.partitions).toMatchObject([{ jobVersion: 2, target: 1 }]);
  store.close();
  await rm(folder, { recursive: true });
});

test("a store from before it was noted how far events went reads that off the numbers that are missing", async () => {
  const folder = await mkdtemp(join(tmpdir(), "gadus-store-"));
  const make = async (name: string, removed: readonly number[]): Promise<SqliteRequesterStore> => {
    const path = join(folder, name);
    const old = openSqlite(path, { migrations: REQUESTER_SCHEMA.migrations.slice(0, 3) });
    await old.commit(() => {
      for (const [at, jobId] of ["j-1", "j-2", "j-3"].entries()) {
        old
          .prepare(`INSERT INTO jobs (job_id, namespace, owner, job_version, name, status, closed, created_at_ms,
            modified_at_ms, revision, body) VALUES (?, 'default', '', 1, '', 'Completed', ?, 1, 1, 1, '{}')`)
          .run(jobId, at < 2 ? 1 : 0);
        for (let each = 0; each < 2; each += 1)
          old
            .prepare(
              "INSERT INTO events (job_id, namespace, owner, job_version, body) VALUES (?, 'default', '', 1, '{}')",
            )
            .run(jobId);
      }
      for (const seq of removed) old.prepare("DELETE FROM events WHERE seq = ?").run(seq);
    });
    old.close();
    return openRequesterStore(path);
  };
  const marksOf = async (name: string, removed: readonly number[]): Promise<readonly number[]> => {
    const store = await make(name, removed);
    const marks = await Promise.all([undefined, "j-1", "j-2", "j-3"].map((id) => store.forgottenSeq(id)));
    store.close();
    return marks;
  };
  expect(await marksOf("whole.db", [])).toEqual([0, 0, 2, 0]);
  expect(await marksOf("first.db", [1])).toEqual([1, 1, 2, 0]);
  expect(await marksOf("middle.db", [1, 3])).toEqual([3, 1, 3, 0]);
  expect(await marksOf("last.db", [1, 5, 6])).toEqual([6, 1, 2, 0]);
  expect(await marksOf("all.db", [1, 2, 3, 4, 5, 6])).toEqual([6, 0, 0, 0]);
  const empty = openRequesterStore(join(folder, "empty.db"));
  expect(await empty.forgottenSeq()).toBe(0);
  empty.close();
  await rm(folder, { recursive: true });
});
