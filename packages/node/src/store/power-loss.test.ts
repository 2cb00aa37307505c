import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  ASK,
  makeExecutionEvent,
  makeExecutionRecord as makeComputeExecution,
} from "@gadus/compute/conformance";
import type { CommitOptions } from "@gadus/protocol";
import { makeExecutionRecord, makeJobRecord, makePartitionRecord } from "@gadus/requester/conformance";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openComputeStore } from "./sqlite-compute-store.ts";
import { openRequesterStore } from "./sqlite-requester-store.ts";
import { openSqlite } from "./sqlite.ts";

/** Batches that are written before the power goes. */
const BATCHES = 24;
/** Of these, each of this number is durable. */
const DURABLE_EVERY = 3;
/** A header, then frames of a header and a page each (https://sqlite.org/fileformat2.html#the_write_ahead_log). */
const LOG_HEADER_BYTES = 32;
const FRAME_BYTES = 24 + 4096;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "gadus-power-"));
});
afterEach(() => rm(folder, { recursive: true }));

/** A store under test: batch `n` is several rows that only make sense together. */
interface Subject {
  write(batch: number, options: CommitOptions): Promise<unknown>;
  /** How much of batch `n` there is: each of its rows once. */
  rowsOf(batch: number): Promise<readonly boolean[]>;
  close(): void;
}

function requesterSubject(path: string): Subject {
  const store = openRequesterStore(path);
  const event = (jobId: string) => {
    const { namespace, owner, jobVersion } = makeJobRecord(jobId);
    const ownership = { jobId, namespace, owner, jobVersion };
    return { ...ownership, executionId: undefined, topic: "t", message: "m", details: {}, atMs: 1 };
  };
  return {
    write: (batch, options) => {
      const jobId = `j-${batch}`;
      const observation = { nodeId: jobId, outcome: "verified" as const, atMs: batch, halfLifeMs: 1 };
      return store.commit(
        [
          { kind: "job", job: makeJobRecord(jobId), document: { Tasks: [{ Engine: { Type: "noop" } }] } },
          { kind: "partition", partition: makePartitionRecord(jobId) },
          { kind: "execution", execution: makeExecutionRecord(jobId, `e-${batch}`) },
          { kind: "event", event: event(jobId) },
          { kind: "observation", observation },
        ],
        options,
      );
    },
    rowsOf: async (batch) => {
      const jobId = `j-${batch}`;
      const job = await store.job(jobId);
      const seen = (await store.reputations(BATCHES * 2)).filter(({ nodeId }) => nodeId === jobId);
      return [
        job !== undefined,
        (await store.document(jobId)) !== undefined,
        job?.partitions.length === 1,
        job?.executions.length === 1,
        (await store.events({ jobId, afterSeq: 0, limit: 9 })).length === 1,
        seen.length === 1 && seen[0]?.verified === 1,
      ];
    },
    close: () => store.close(),
  };
}

function computeSubject(path: string): Subject {
  const store = openComputeStore(path);
  const { requester } = makeComputeExecution("e");
  return {
    write: (batch, options) => {
      const executionId = `e-${batch}`;
      return store.commit(
        [
          { kind: "execution", execution: makeComputeExecution(executionId), ask: ASK },
          { kind: "event", event: makeExecutionEvent(executionId) },
          {
            kind: "execution",
            execution: makeComputeExecution(executionId, { revision: 2, state: "running" }),
          },
        ],
        options,
      );
    },
    rowsOf: async (batch) => {
      const executionId = `e-${batch}`;
      const stored = await store.get(requester, executionId);
      return [
        stored?.ask.terms.jobId === ASK.terms.jobId,
        stored?.execution.state === "running",
        (await store.events({ requester, executionId, afterSeq: 0, limit: 9 })).length === 1,
      ];
    },
    close: () => store.close(),
  };
}

/** What was on the disk when the power went. */
interface Disk {
  readonly file: Buffer;
  readonly log: Buffer;
  /** How many batches were promised to be durable once the log had come to `bytes`. */
  readonly promises: readonly { readonly bytes: number; readonly batches: number }[];
}

async function record(open: (path: string) => Subject): Promise<Disk> {
  const path = join(folder, "recorded.db");
  const subject = open(path);
  const promises: { readonly bytes: number; readonly batches: number }[] = [];
  for (let batch = 0; batch < BATCHES; batch += 1) {
    const durable = batch % DURABLE_EVERY === 0;
    await subject.write(batch, { durable });
    if (durable) promises.push({ bytes: (await readFile(`${path}-wal`)).length, batches: batch + 1 });
  }
  const disk = { file: await readFile(path), log: await readFile(`${path}-wal`), promises };
  subject.close();
  return disk;
}

/** How the end of the log may look: it stops, or what was to come is zeros, or is what nobody wrote. */
const TAILS = {
  cut: (log: Buffer, at: number) => log.subarray(0, at),
  zeros: (log: Buffer, at: number) => Buffer.concat([log.subarray(0, at), Buffer.alloc(log.length - at)]),
  garbage: (log: Buffer, at: number) =>
    Buffer.concat([
      log.subarray(0, at),
      Buffer.from(log.subarray(at).map((byte, index) => byte ^ (index % 255) ^ 90)),
    ]),
} as const;
type Tail = keyof typeof TAILS;

let disks = 0;

/** Puts files as they would be found after the power is back, and answers where. */
async function restore(file: Buffer, log: Buffer): Promise<string> {
  disks += 1;
  const path = join(folder, `${disks}.db`);
  await writeFile(path, file);
  await writeFile(`${path}-wal`, log);
  return path;
}

describe.each([
  ["the requester's store", requesterSubject],
  ["the compute node's store", computeSubject],
])("after a power loss %s", (_, open) => {
  /** Opens what is left where the log ends at `at`: answers how many batches there are, each whole, without a gap. */
  async function survivors({ file, log }: Disk, at: number, tail: Tail): Promise<number> {
    const subject = open(await restore(file, TAILS[tail](log, at)));
    try {
      let whole = 0;
      for (let batch = 0; batch < BATCHES; batch += 1) {
        const rows = new Set(await subject.rowsOf(batch));
        expect([...rows], `batch ${batch} with the log ${tail} at ${at}`).toHaveLength(1);
        if (!rows.has(true)) continue;
        expect(whole, `batches before ${batch} with the log ${tail} at ${at}`).toBe(batch);
        whole += 1;
      }
      await subject.write(BATCHES, {});
      expect(new Set(await subject.rowsOf(BATCHES))).toEqual(new Set([true]));
      return whole;
    } finally {
      subject.close();
    }
  }

  const promisedAt = ({ promises }: Disk, at: number): number =>
    Math.max(0, ...promises.filter(({ bytes }) => bytes <= at).map(({ batches }) => batches));

  test("has every batch that was promised before the cut, and of the others a beginning, each whole", async () => {
    const disk = await record(open);
    const edges = disk.promises.flatMap(({ bytes }) => [bytes - FRAME_BYTES, bytes - 1, bytes, bytes + 1]);
    const cuts = [0, 1, LOG_HEADER_BYTES, LOG_HEADER_BYTES + FRAME_BYTES, disk.log.length, ...edges];
    for (const at of cuts.filter((cut) => cut <= disk.log.length)) {
      expect(await survivors(disk, at, "cut"), `cut at ${at}`).toBeGreaterThanOrEqual(promisedAt(disk, at));
    }
    expect(await survivors(disk, disk.log.length, "cut")).toBe(BATCHES);
    expect(await survivors(disk, 0, "cut")).toBe(0);
  });

  test("is so wherever the log ends, and whatever follows there", async () => {
    const disk = await record(open);
    const tails = fc.constantFrom<Tail>("cut", "zeros", "garbage");
    await fc.assert(
      fc.asyncProperty(fc.nat(disk.log.length), tails, async (at, tail) => {
        expect(await survivors(disk, at, tail)).toBeGreaterThanOrEqual(promisedAt(disk, at));
      }),
      { numRuns: 30 },
    );
  });
});

describe("after a power loss in or after a checkpoint, openSqlite()", () => {
  const SCHEMA = { migrations: ["CREATE TABLE numbers (number INTEGER PRIMARY KEY, text TEXT) STRICT"] };
  const PAGE_BYTES = 4096;

  async function withCheckpoint() {
    const path = join(folder, "checkpointed.db");
    const database = openSqlite(path, SCHEMA);
    const insert = (from: number, to: number) =>
      database.commit(() => {
        for (let number = from; number < to; number += 1) {
          database.prepare("INSERT INTO numbers VALUES (?, ?)").run(number, "x".repeat(500));
        }
      });
    await insert(0, 100);
    const before = { file: await readFile(path), log: await readFile(`${path}-wal`) };
    database.prepare("PRAGMA wal_checkpoint(PASSIVE)").get();
    const checkpointed = await readFile(path);
    // The log begins again where nobody reads it any more; frames of before follow behind the new ones.
    await insert(100, 110);
    await insert(110, 120);
    const after = { file: await readFile(path), log: await readFile(`${path}-wal`) };
    database.close();
    return { before, checkpointed, after };
  }

  const countIn = (path: string): number => {
    const database = openSqlite(path, SCHEMA);
    expect(database.prepare("PRAGMA integrity_check").get()).toEqual({ integrity_check: "ok" });
    const row = database.prepare("SELECT count(*) AS count, max(number) AS last FROM numbers").get();
    database.close();
    expect(Number(row?.last)).toBe(Number(row?.count) - 1);
    return Number(row?.count);
  };

  test("loses nothing of what was copied, wherever the log that began again ends", async () => {
    const { after } = await withCheckpoint();
    await fc.assert(
      fc.asyncProperty(fc.nat(after.log.length), async (at) => {
        const path = await restore(after.file, after.log.subarray(0, at));
        expect([100, 110, 120]).toContain(countIn(path));
      }),
      { numRuns: 25 },
    );
    expect(countIn(await restore(after.file, after.log))).toBe(120);
  });

  test("loses nothing where only some pages were copied yet", async () => {
    const { before, checkpointed } = await withCheckpoint();
    const pages = checkpointed.length / PAGE_BYTES;
    const copied = fc.array(fc.boolean(), { minLength: pages, maxLength: pages });
    await fc.assert(
      fc.asyncProperty(copied, async (isCopied) => {
        const mixed = isCopied.map((isNew, page) => {
          const from = isNew ? checkpointed : before.file;
          const bytes = from.subarray(page * PAGE_BYTES, (page + 1) * PAGE_BYTES);
          return bytes.length === 0 ? Buffer.alloc(PAGE_BYTES) : bytes;
        });
        expect(countIn(await restore(Buffer.concat(mixed), before.log))).toBe(100);
      }),
      { numRuns: 15 },
    );
  });
});
