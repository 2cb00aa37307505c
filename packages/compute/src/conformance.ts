export { describeLogStore, type LogStoreFixture } from "./log-store-conformance.ts";

import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { AcceptanceRecord, AskRecord, ExecutionEventRecord, ExecutionRecord } from "./records.ts";
import type { ComputeStore, ComputeWrite } from "./store.ts";

/** A store to test. */
export interface ComputeStoreFixture {
  readonly store: ComputeStore;
  /** The same store after its node was stopped and started again; absent where nothing survives that. */
  reopen?(): Promise<ComputeStore>;
  close(): Promise<void>;
}

const T0 = 1_700_000_000_000;
const BYTES = Uint8Array.from({ length: 256 }, (_, index) => index);
const STATEMENT = { payload: BYTES, signature: BYTES.slice(0, 64) };

/** What an execution was asked for. */
export const ASK: AskRecord = {
  terms: {
    jobId: "j-1",
    jobType: "batch",
    partition: 3,
    partitionCount: 4,
    engine: "noop",
    profile: "noop/0",
    inputs: [
      { source: { type: "ipfs", params: { cid: "bafyinput", ratio: 0.5, lazy: true } }, sizeBytes: 2 ** 40 },
      { source: { type: "local", params: {} } },
    ],
    resources: { cpuMillis: 100, memoryBytes: 2 ** 35, diskBytes: 0, gpus: 0 },
    network: { type: "none", domains: [] },
    verifier: "deterministic",
    publisher: "ipfs",
    executionTimeoutMs: 60_000,
    priority: -5,
  },
  commitment: BYTES.slice(0, 32),
  boxPublicKey: BYTES.slice(32, 64),
  has: ["bafyinput"],
};

const ACCEPTANCE: AcceptanceRecord = {
  details: {
    name: "main",
    engineParams: { stdout: "ü\u0000", nested: { list: [1, null, 0.5] } },
    mounts: [{ target: "/input", alias: "" }],
    resultPaths: [{ name: "out", path: "/out" }],
    environment: { A: "1" },
    publisherParams: { copies: 2 },
    epochMs: 946_684_800_000,
    seed: BYTES.slice(64, 96),
  },
  salt: BYTES.slice(96, 128),
  statement: STATEMENT,
  taskHash: BYTES.slice(128, 160),
};

/** An execution as the compute node writes it first. */
export function makeExecutionRecord(
  executionId: string,
  change: Partial<ExecutionRecord> = {},
): ExecutionRecord {
  return {
    requester: "node-r",
    executionId,
    namespace: "default",
    jobId: "j-1",
    partition: 3,
    revision: 1,
    state: "offered",
    deadlineMs: T0 + 30_000,
    runs: 0,
    acceptedAtMs: undefined,
    proposal: undefined,
    sealed: undefined,
    verdict: undefined,
    publication: undefined,
    failure: undefined,
    createdAtMs: T0,
    modifiedAtMs: T0,
    endedAtMs: undefined,
    ...change,
  };
}

/** An event of an execution. */
export function makeExecutionEvent(
  executionId: string,
  change: Partial<ExecutionEventRecord> = {},
): Omit<ExecutionEventRecord, "seq"> {
  const { requester, namespace, jobId, partition } = makeExecutionRecord(executionId);
  return {
    requester,
    executionId,
    namespace,
    jobId,
    partition,
    topic: "Bid",
    message: "offered",
    details: { key: "value" },
    atMs: T0,
    ...change,
  };
}

/** The contract of {@link ComputeStore}; every adapter's test calls it. */
export function describeComputeStore(name: string, setup: () => Promise<ComputeStoreFixture>): void {
  describe(`${name} is a ComputeStore`, () => {
    let fixture: ComputeStoreFixture;
    let store: ComputeStore;

    beforeEach(async () => {
      fixture = await setup();
      store = fixture.store;
    });
    afterEach(() => fixture.close());

    const offer = (executionId: string, change: Partial<ExecutionRecord> = {}): Promise<readonly number[]> =>
      store.commit([
        { kind: "execution", execution: makeExecutionRecord(executionId, change), ask: ASK },
        { kind: "event", event: makeExecutionEvent(executionId, change) },
      ]);
    const end = (executionId: string, endedAtMs: number): Promise<readonly number[]> =>
      store.commit([
        {
          kind: "execution",
          execution: makeExecutionRecord(executionId, { revision: 2, state: "failed", endedAtMs }),
        },
      ]);
    const liveIds = async (): Promise<string[]> => {
      const ids: string[] = [];
      for await (const { execution } of store.live()) ids.push(execution.executionId);
      return ids;
    };
    const endedIds = async (sinceMs: number, limit = 100): Promise<string[]> =>
      (await store.ended({ sinceMs, limit })).map(({ executionId }) => executionId);

    describe("commit()", () => {
      test("keeps an execution with its ask", async () => {
        await offer("e-1");
        expect(await store.get("node-r", "e-1")).toEqual({
          execution: makeExecutionRecord("e-1"),
          ask: ASK,
          acceptance: undefined,
        });
      });

      test("keeps every field of an execution that came to its end, and the ask and acceptance once given", async () => {
        await offer("e-1");
        const accepted = makeExecutionRecord("e-1", { revision: 2, state: "accepted", acceptedAtMs: T0 + 1 });
        await store.commit([{ kind: "execution", execution: accepted, acceptance: ACCEPTANCE }]);
        const execution = makeExecutionRecord("e-1", {
          revision: 3,
          state: "published",
          runs: 2,
          acceptedAtMs: T0 + 1,
          proposal: {
            digest: "h1:x",
            cid: "bafyresult",
            sizeBytes: 2 ** 40,
            truncated: ["stdout"],
            image: "name@sha256:ab",
            notes: ["a file was left out"],
          },
          sealed: BYTES,
          verdict: STATEMENT,
          publication: { type: "ipfs", params: { cid: "bafyresult", copies: 2, pinned: true } },
          failure: { code: "executor/engine-down", message: "ü\u0000", blame: "node" },
          endedAtMs: T0 + 5,
        });
        await store.commit([{ kind: "execution", execution }]);
        expect(await store.get("node-r", "e-1")).toEqual({ execution, ask: ASK, acceptance: ACCEPTANCE });
      });

      test("keeps executions of the same id apart by their requester", async () => {
        await offer("e-1");
        await offer("e-1", { requester: "node-s", partition: 7 });
        expect((await store.get("node-r", "e-1"))?.execution.partition).toBe(3);
        expect((await store.get("node-s", "e-1"))?.execution.partition).toBe(7);
        expect(await store.get("node-t", "e-1")).toBeUndefined();
      });

      test.each<[string, ComputeWrite]>([
        [
          "a first revision other than 1",
          { kind: "execution", execution: makeExecutionRecord("e-new", { revision: 2 }), ask: ASK },
        ],
        ["a first revision without its ask", { kind: "execution", execution: makeExecutionRecord("e-new") }],
        [
          "a revision that is there already",
          { kind: "execution", execution: makeExecutionRecord("e-1"), ask: ASK },
        ],
        [
          "a revision that skips one",
          { kind: "execution", execution: makeExecutionRecord("e-1", { revision: 3 }) },
        ],
      ])("refuses %s, and writes nothing of that batch", async (_, write) => {
        await offer("e-1");
        const batch = store.commit([
          { kind: "event", event: makeExecutionEvent("e-1", { topic: "Never" }) },
          { kind: "execution", execution: makeExecutionRecord("e-other"), ask: ASK },
          write,
        ]);
        await expect(batch).rejects.toMatchObject({ code: "compute/stale-write" });
        expect(await store.get("node-r", "e-other")).toBeUndefined();
        expect(await store.get("node-r", "e-new")).toBeUndefined();
        expect((await store.get("node-r", "e-1"))?.execution.revision).toBe(1);
        expect(await store.events({ afterSeq: 0, limit: 10 })).toHaveLength(1);
      });

      test("takes an execution over several revisions in one batch", async () => {
        await offer("e-1");
        await store.commit([
          {
            kind: "execution",
            execution: makeExecutionRecord("e-1", { revision: 2, state: "accepted" }),
            acceptance: ACCEPTANCE,
          },
          { kind: "execution", execution: makeExecutionRecord("e-1", { revision: 3, state: "running" }) },
        ]);
        const stored = await store.get("node-r", "e-1");
        expect(stored?.execution).toMatchObject({ revision: 3, state: "running" });
        expect(stored?.acceptance).toEqual(ACCEPTANCE);
      });

      test("takes the batches beside one that it refuses in the same turn", async () => {
        const results = await Promise.allSettled([offer("e-1"), offer("e-1"), offer("e-2")]);
        expect(results.map((result) => result.status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
        expect(await store.get("node-r", "e-2")).toBeDefined();
      });

      test("answers each event's number, growing across executions", async () => {
        const all = [await offer("e-1"), await offer("e-2"), await end("e-2", T0)].flat();
        expect(all).toHaveLength(2);
        expect(all[1]).toBeGreaterThan(all[0] ?? Number.POSITIVE_INFINITY);
      });

      test("keeps what was committed when the store is opened again", async () => {
        const [seq] = await offer("e-1");
        if (fixture.reopen === undefined) return;
        const again = await fixture.reopen();
        expect((await again.get("node-r", "e-1"))?.ask).toEqual(ASK);
        const [next] = await again.commit([{ kind: "event", event: makeExecutionEvent("e-1") }]);
        expect(next).toBeGreaterThan(seq ?? Number.POSITIVE_INFINITY);
      });
    });

    describe("live()", () => {
      test("gives what hasn't ended, in the order of creation", async () => {
        await offer("e-3", { createdAtMs: T0 + 1 });
        await offer("e-2", { createdAtMs: T0 + 2 });
        await offer("e-1", { createdAtMs: T0 + 3 });
        await end("e-2", T0 + 10);
        expect(await liveIds()).toEqual(["e-3", "e-1"]);
      });

      test("gives each execution with its ask and acceptance", async () => {
        await offer("e-1");
        const execution = makeExecutionRecord("e-1", { revision: 2, state: "accepted" });
        await store.commit([{ kind: "execution", execution, acceptance: ACCEPTANCE }]);
        for await (const stored of store.live()) {
          expect(stored).toEqual({ execution, ask: ASK, acceptance: ACCEPTANCE });
        }
      });

      test("may be written to while it is read", async () => {
        for (let index = 0; index < 300; index += 1) await offer(`e-${index}`);
        let seen = 0;
        for await (const { execution } of store.live()) {
          await end(execution.executionId, T0);
          seen += 1;
        }
        expect(seen).toBe(300);
        expect(await liveIds()).toEqual([]);
      });

      test("rejects with the signal's reason", async () => {
        await offer("e-1");
        const reason = new Error("enough");
        const read = async () => {
          for await (const _ of store.live({ signal: AbortSignal.abort(reason) })) continue;
        };
        await expect(read()).rejects.toBe(reason);
      });
    });

    describe("ended()", () => {
      test("gives those that ended since, the last ones where they are too many, in the order of their ends", async () => {
        for (const executionId of ["e-1", "e-2", "e-3", "e-live"]) await offer(executionId);
        await end("e-2", T0 + 10);
        await end("e-3", T0 + 20);
        await end("e-1", T0 + 30);
        expect(await endedIds(0)).toEqual(["e-2", "e-3", "e-1"]);
        expect(await endedIds(T0 + 20)).toEqual(["e-3", "e-1"]);
        expect(await endedIds(T0 + 31)).toEqual([]);
        expect(await endedIds(0, 2)).toEqual(["e-3", "e-1"]);
        expect(await store.ended({ sinceMs: T0 + 30, limit: 1 })).toEqual([
          { requester: "node-r", executionId: "e-1", state: "failed", endedAtMs: T0 + 30 },
        ]);
      });
    });

    test("events() reads in order, by requester, by execution, after a number, up to a limit", async () => {
      const [first] = await offer("e-1");
      await offer("e-2");
      await offer("e-1", { requester: "node-s" });
      const read = async (query: {
        requester?: string;
        executionId?: string;
        afterSeq?: number;
        limit?: number;
      }) =>
        (await store.events({ afterSeq: 0, limit: 10, ...query })).map(
          (event) => `${event.requester} ${event.executionId}`,
        );
      expect(await read({})).toEqual(["node-r e-1", "node-r e-2", "node-s e-1"]);
      expect(await read({ requester: "node-r" })).toEqual(["node-r e-1", "node-r e-2"]);
      expect(await read({ executionId: "e-1" })).toEqual(["node-r e-1", "node-s e-1"]);
      expect(await read({ requester: "node-s", executionId: "e-1" })).toEqual(["node-s e-1"]);
      expect(await read({ afterSeq: first ?? 0 })).toEqual(["node-r e-2", "node-s e-1"]);
      expect(await read({ limit: 1 })).toEqual(["node-r e-1"]);
      const [event] = await store.events({ afterSeq: 0, limit: 1 });
      expect(event).toEqual({ ...makeExecutionEvent("e-1"), seq: first });
    });

    describe("removeEnded()", () => {
      beforeEach(async () => {
        for (const [index, executionId] of ["e-a", "e-b", "e-c", "e-d"].entries()) {
          await offer(executionId);
          await end(executionId, T0 + index);
        }
        await offer("e-live");
      });
      const ALL = { beforeMs: 0, keep: 100, limit: 100 };

      test("forgets what ended before, and its events", async () => {
        expect(await store.removeEnded({ ...ALL, beforeMs: T0 + 2 })).toBe(2);
        expect(await endedIds(0)).toEqual(["e-c", "e-d"]);
        expect(await liveIds()).toEqual(["e-live"]);
        expect(await store.get("node-r", "e-a")).toBeUndefined();
        const events = await store.events({ afterSeq: 0, limit: 100 });
        expect(events.map((event) => event.executionId)).toEqual(["e-c", "e-d", "e-live"]);
      });

      test("forgets all but those that ended last", async () => {
        expect(await store.removeEnded({ ...ALL, keep: 1 })).toBe(3);
        expect(await endedIds(0)).toEqual(["e-d"]);
        expect(await liveIds()).toEqual(["e-live"]);
      });

      test("forgets the oldest first, up to the limit", async () => {
        expect(await store.removeEnded({ beforeMs: T0 + 100, keep: 0, limit: 3 })).toBe(3);
        expect(await endedIds(0)).toEqual(["e-d"]);
        expect(await liveIds()).toEqual(["e-live"]);
      });

      test("never forgets what hasn't ended", async () => {
        expect(await store.removeEnded({ beforeMs: T0 * 2, keep: 0, limit: 100 })).toBe(4);
        expect(await store.removeEnded({ beforeMs: T0 * 2, keep: 0, limit: 100 })).toBe(0);
        expect(await endedIds(0)).toEqual([]);
        expect(await liveIds()).toEqual(["e-live"]);
      });

      test("makes room for the same id again", async () => {
        await store.removeEnded({ ...ALL, keep: 0 });
        await offer("e-a");
        expect((await store.get("node-r", "e-a"))?.execution.revision).toBe(1);
      });
    });
  });
}
