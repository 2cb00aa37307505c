import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describeRequesterStore, makeJobRecord } from "@gadus/requester/conformance";
import { expect, test } from "vitest";
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
