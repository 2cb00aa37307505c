import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { growStore } from "./grow-store.ts";

test("growStore() copies a job with all that belongs to it, each copy with ids of its own and older", async () => {
  const folder = await mkdtemp(join(tmpdir(), "gadus-grow-"));
  const path = join(folder, "requester.db");
  const database = new DatabaseSync(path);
  database.exec(`
    CREATE TABLE jobs (id INTEGER PRIMARY KEY, job_id TEXT UNIQUE, created_at_ms, modified_at_ms, body);
    CREATE TABLE job_parts (job_id TEXT, part, body);
    CREATE TABLE partitions (job_id TEXT, partition, body);
    CREATE TABLE executions (id INTEGER PRIMARY KEY, execution_id TEXT UNIQUE, job_id, body);
    CREATE TABLE events (seq INTEGER PRIMARY KEY AUTOINCREMENT, job_id, execution_id, body);
    INSERT INTO jobs VALUES
      (1, 'j-a', 9000, 9500, '{"jobId":"j-a","createdAtMs":9000,"modifiedAtMs":9500}'),
      (2, 'j-b', 1, 1, '{}');
    INSERT INTO job_parts VALUES ('j-a', 'spec', '{}');
    INSERT INTO partitions VALUES ('j-a', 0, '{"jobId":"j-a","completedBy":"e-a"}');
    INSERT INTO executions VALUES (1, 'e-a', 'j-a', '{"id":"e-a"}');
    INSERT INTO events VALUES (1, 'j-a', 'e-a', '{"executionId":"e-a"}');
    INSERT INTO events VALUES (2, 'j-a', NULL, '{}')`);
  database.close();
  growStore(path, "j-a", 2);
  const grown = new DatabaseSync(path);
  const rows = (sql: string) =>
    grown
      .prepare(sql)
      .all()
      .map((row) => Object.values(row));
  expect(rows("SELECT job_id, created_at_ms, body FROM jobs WHERE id > 2 ORDER BY id")).toEqual([
    ["j-a-1", 8000, '{"jobId":"j-a-1","createdAtMs":8000,"modifiedAtMs":8500}'],
    ["j-a-2", 7000, '{"jobId":"j-a-2","createdAtMs":7000,"modifiedAtMs":7500}'],
  ]);
  expect(rows("SELECT body FROM partitions WHERE job_id = 'j-a-2'")).toEqual([
    ['{"jobId":"j-a-2","completedBy":"e-a-2"}'],
  ]);
  expect(rows("SELECT job_id, execution_id FROM events WHERE seq > 2 ORDER BY job_id, execution_id")).toEqual(
    [
      ["j-a-1", null],
      ["j-a-1", "e-a-1"],
      ["j-a-2", null],
      ["j-a-2", "e-a-2"],
    ],
  );
  expect(rows("SELECT count(*) FROM job_parts, executions")).toEqual([[9]]);
  grown.close();
  await rm(folder, { recursive: true });
});
