import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { REQUESTER_SCHEMA } from "./requester-schema.ts";
import { openSqlite, type SqliteDatabase } from "./sqlite.ts";

const SCHEMA = { migrations: ["CREATE TABLE numbers (number INTEGER PRIMARY KEY) STRICT"] };

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "gadus-sqlite-"));
  path = join(folder, "numbers.db");
});
afterEach(() => rm(folder, { recursive: true }));

const insert = (database: SqliteDatabase, number: number) =>
  database.commit(() => {
    database.prepare("INSERT INTO numbers VALUES (?)").run(number);
    return number;
  });
const numbers = (database: SqliteDatabase) =>
  database
    .prepare("SELECT number FROM numbers ORDER BY number")
    .all()
    .map((row) => row.number);

describe("commit()", () => {
  test("puts the batches of one turn into one transaction, in order", async () => {
    const database = openSqlite(path, SCHEMA);
    const begun: string[] = [];
    const watched: SqliteDatabase = { ...database };
    const both = [insert(watched, 1), insert(watched, 2)];
    expect(numbers(database)).toEqual([]);
    both.push(
      database.commit(() => {
        begun.push(...numbers(database).map(String));
        return 3;
      }),
    );
    expect(await Promise.all(both)).toEqual([1, 2, 3]);
    expect(begun).toEqual(["1", "2"]);
    database.close();
  });

  test("undoes a batch that throws, and keeps those beside it", async () => {
    const database = openSqlite(path, SCHEMA);
    const reason = new Error("changed my mind");
    const results = await Promise.allSettled([
      insert(database, 1),
      database.commit(() => {
        database.prepare("INSERT INTO numbers VALUES (2)").run();
        throw reason;
      }),
      insert(database, 1),
      insert(database, 3),
    ]);
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "rejected", "fulfilled"]);
    expect(results[1]).toMatchObject({ reason });
    expect(numbers(database)).toEqual([1, 3]);
    database.close();
  });

  test("rejects every batch of the turn where the disk is full, and works again once there is room", async () => {
    const database = openSqlite(path, { migrations: ["CREATE TABLE blobs (bytes BLOB) STRICT"] });
    const fill = () =>
      database.commit(() => database.prepare("INSERT INTO blobs VALUES (zeroblob(100000))").run().changes);
    database.prepare("PRAGMA max_page_count = 10").get();
    const results = await Promise.allSettled([fill(), fill()]);
    for (const result of results) expect(result).toMatchObject({ reason: { code: "node/store-full" } });
    database.prepare("PRAGMA max_page_count = 1000000").get();
    expect(await fill()).toBe(1);
    database.close();
  });

  test("rejects once the database is closed, and close() commits what was queued", async () => {
    const database = openSqlite(path, SCHEMA);
    const queued = insert(database, 1);
    database.close();
    database.close();
    expect(await queued).toBe(1);
    await expect(insert(database, 2)).rejects.toMatchObject({ code: "node/store-closed" });
  });
});

describe("openSqlite()", () => {
  test("brings an older file up to date, once", async () => {
    openSqlite(path, SCHEMA).close();
    const added = "ALTER TABLE numbers ADD COLUMN name TEXT";
    for (let time = 0; time < 2; time += 1) {
      const database = openSqlite(path, { migrations: [...SCHEMA.migrations, added] });
      expect(database.prepare("PRAGMA user_version").get()).toEqual({ user_version: 2 });
      database.close();
    }
  });

  test("leaves a file alone whose migration fails", () => {
    openSqlite(path, SCHEMA).close();
    const broken = { migrations: [...SCHEMA.migrations, "CREATE TABLE more (a); CREATE NONSENSE"] };
    expect(() => openSqlite(path, broken)).toThrow(expect.objectContaining({ code: "node/store-unusable" }));
    const database = new DatabaseSync(path);
    expect(database.prepare("PRAGMA user_version").get()).toEqual({ user_version: 1 });
    expect(database.prepare("SELECT name FROM sqlite_schema WHERE name = 'more'").get()).toBeUndefined();
    database.close();
  });

  test("refuses a file of a newer program, and says which versions", () => {
    const database = new DatabaseSync(path);
    database.exec("PRAGMA user_version = 7");
    database.close();
    expect(() => openSqlite(path, SCHEMA)).toThrow(
      `Cannot open "${path}": its schema is version 7, and this program knows 1`,
    );
    expect(() => openSqlite(path, SCHEMA)).toThrow(expect.objectContaining({ code: "node/store-newer" }));
  });

  test("refuses a file that is no database", async () => {
    await writeFile(path, "not a database, but long enough to be read as the header of one".repeat(20));
    expect(() => openSqlite(path, SCHEMA)).toThrow(expect.objectContaining({ code: "node/store-unusable" }));
  });

  test("lets no one else in where it is exclusive, and the next one in once it is closed", () => {
    const database = openSqlite(path, SCHEMA, { exclusive: true });
    expect(() => openSqlite(path, SCHEMA, { exclusive: true })).toThrow(/locked/);
    database.close();
    openSqlite(path, SCHEMA, { exclusive: true }).close();
  });
});

test("loses nothing that was acknowledged when the process is killed", async () => {
  const module = pathToFileURL(join(import.meta.dirname, "sqlite.ts")).href;
  const script = `
    const { openSqlite } = await import(${JSON.stringify(module)});
    const database = openSqlite(process.argv[1], ${JSON.stringify(SCHEMA)});
    const lane = async (number) => {
      for (;; number += 3) {
        await database.commit(() => database.prepare("INSERT INTO numbers VALUES (?)").run(number));
        process.stdout.write(number + "\\n");
      }
    };
    const last = database.prepare("SELECT max(number) AS last FROM numbers").get().last ?? 0;
    await Promise.all([lane(last + 1), lane(last + 2), lane(last + 3)]);`;
  const acknowledged: number[] = [];
  for (let round = 0; round < 3; round += 1) {
    const child = spawn(process.execPath, ["--input-type=module", "--eval", script, path], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let text = "";
    child.stdout.on("data", (chunk) => {
      text += chunk;
      if (text.split("\n").length > 300) child.kill("SIGKILL");
    });
    await once(child, "close");
    acknowledged.push(...text.split("\n").slice(0, -1).map(Number));
    const database = openSqlite(path, SCHEMA);
    expect(database.prepare("PRAGMA integrity_check").get()).toEqual({ integrity_check: "ok" });
    expect(numbers(database)).toEqual(expect.arrayContaining(acknowledged));
    database.close();
  }
  expect(acknowledged.length).toBeGreaterThan(600);
});

test.each([
  ["live jobs", "SELECT job_id FROM jobs WHERE closed = 0 ORDER BY id", "jobs_live"],
  ["a page", "SELECT job_id FROM jobs ORDER BY created_at_ms DESC, job_id DESC LIMIT 10", "jobs_created"],
  [
    "a page of a namespace",
    "SELECT job_id FROM jobs WHERE namespace = 'a' ORDER BY modified_at_ms DESC, job_id DESC LIMIT 10",
    "jobs_namespace_modified",
  ],
  ["a job's events", "SELECT seq FROM events WHERE seq > 5 AND job_id = 'j' ORDER BY seq", "events_of_job"],
  [
    "jobs to compact",
    "SELECT job_id FROM jobs WHERE closed = 1 AND compacted = 0 AND modified_at_ms < 5 ORDER BY modified_at_ms, id LIMIT 9",
    "jobs_to_compact",
  ],
  [
    "jobs to forget",
    "SELECT job_id FROM jobs WHERE closed = 1 AND compacted = 1 AND modified_at_ms < 5 ORDER BY modified_at_ms, id LIMIT 9",
    "jobs_to_forget",
  ],
  [
    "the events to remove of a job",
    "SELECT seq FROM events WHERE job_id = 'j' ORDER BY seq LIMIT 9",
    "events_of_job",
  ],
  [
    "reputations",
    "SELECT node_id FROM reputations ORDER BY observed_at_ms DESC, node_id DESC LIMIT 9",
    "reputations_observed",
  ],
  ["a job's executions", "SELECT body FROM executions WHERE job_id = 'j' ORDER BY id", "executions_of_job"],
])("the requester reads %s by an index, and sorts nothing", (_, sql, index) => {
  const database = openSqlite(path, REQUESTER_SCHEMA);
  const plan = database
    .prepare(`EXPLAIN QUERY PLAN ${sql}`)
    .all()
    .map((row) => String(row.detail));
  database.close();
  expect(plan.join("; ")).toContain(index);
  expect(plan.join("; ")).not.toContain("TEMP B-TREE");
});
