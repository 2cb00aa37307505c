import type { Constraint } from "@gadus/protocol";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { describeCleaning } from "./cleaning-conformance.ts";
import {
  DOCUMENT,
  makeEvent,
  makeExecutionRecord,
  makeJobRecord,
  makePartitionRecord,
} from "./conformance-records.ts";
import type { JobRecord } from "./records.ts";
import type { Outcome } from "./reputation.ts";
import { MAX_FORMER_VERSIONS, type RequesterStore, type StoredJob } from "./store.ts";

export { makeExecutionRecord, makeJobRecord, makePartitionRecord } from "./conformance-records.ts";

/** A store to test. */
export interface RequesterStoreFixture {
  readonly store: RequesterStore;
  /** The same store after its node was stopped and started again; absent where nothing survives that. */
  reopen?(): Promise<RequesterStore>;
  close(): Promise<void>;
}

/** The contract of {@link RequesterStore}; every adapter's test calls it. */
export function describeRequesterStore(name: string, setup: () => Promise<RequesterStoreFixture>): void {
  describe(`${name} is a RequesterStore`, () => {
    let fixture: RequesterStoreFixture;
    let store: RequesterStore;

    beforeEach(async () => {
      fixture = await setup();
      store = fixture.store;
    });
    afterEach(() => fixture.close());

    const submit = (jobId: string, change: Partial<JobRecord> = {}): Promise<readonly number[]> =>
      store.commit([{ kind: "job", job: makeJobRecord(jobId, change), document: DOCUMENT }]);

    describe("commit()", () => {
      test("keeps a job with its document, partitions and executions", async () => {
        const partitions = [1, 0].map((index) => makePartitionRecord("j-1", { index }));
        const executions = ["e-2", "e-1"].map((id) => makeExecutionRecord("j-1", id));
        await store.commit([
          { kind: "job", job: makeJobRecord("j-1"), document: DOCUMENT },
          ...partitions.map((partition) => ({ kind: "partition" as const, partition })),
          ...executions.map((execution) => ({ kind: "execution" as const, execution })),
        ]);
        const stored = await store.job("j-1");
        expect(stored?.job).toEqual(makeJobRecord("j-1"));
        expect(stored?.partitions.map((partition) => partition.index)).toEqual([0, 1]);
        expect(stored?.executions.map((execution) => execution.id)).toEqual(["e-2", "e-1"]);
        expect(await store.document("j-1")).toEqual(DOCUMENT);
      });

      test("replaces records by their next revision, and keeps the document that isn't written again", async () => {
        await submit("j-1");
        const { spec } = makeJobRecord("j-1");
        const job = makeJobRecord("j-1", {
          revision: 2,
          status: "Running",
          modifiedAtMs: 1_700_000_000_001,
          spec: { ...spec, priority: 7 },
        });
        await store.commit([{ kind: "job", job }]);
        expect((await store.job("j-1"))?.job).toEqual(job);
        expect(await store.document("j-1")).toEqual(DOCUMENT);
      });

      test("keeps every field of an execution that came to its end", async () => {
        await submit("j-1");
        const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
        const statement = { payload: bytes, signature: bytes.slice(0, 64) };
        const execution = makeExecutionRecord("j-1", "e-1", {
          state: "published",
          boxPublicKey: "ef".repeat(32),
          has: ["bafyinput"],
          proposal: {
            digest: "h1:x",
            cid: "bafyresult",
            sizeBytes: 2 ** 40,
            truncated: ["stderr"],
            statement,
          },
          publication: { type: "ipfs", params: { cid: "bafyresult", copies: 2, pinned: true } },
          retrievable: true,
          failure: { code: "executor/engine-down", message: "ü\u0000", blame: "node" },
          engaged: true,
        });
        await store.commit([{ kind: "execution", execution }]);
        expect((await store.job("j-1"))?.executions).toEqual([execution]);
      });

      test("keeps a resolved task and a verdict", async () => {
        const task = {
          terms: {
            jobId: "j-1",
            jobType: "batch",
            partition: 0,
            partitionCount: 1,
            engine: "noop",
            profile: "noop/0",
            inputs: [{ source: { type: "ipfs", params: { cid: "bafyinput" } }, sizeBytes: 5 }],
            resources: { cpuMillis: 100, memoryBytes: 2 ** 30, diskBytes: 0, gpus: 0 },
            network: { type: "none" as const, domains: [] },
            verifier: "deterministic",
            publisher: "ipfs",
            executionTimeoutMs: 60_000,
            priority: 0,
          },
          details: {
            name: "main",
            engineParams: { stdout: "hello" },
            mounts: [{ target: "/input", alias: "" }],
            resultPaths: [{ name: "out", path: "/out" }],
            environment: {},
            publisherParams: {},
            epochMs: 0,
            seed: new Uint8Array(32).fill(9),
          },
        };
        const verdict = {
          winner: { digest: "h1:x", cid: "bafyresult", sizeBytes: 3 },
          counted: 3,
          reason: "2 of 3 agree",
        };
        await submit("j-1");
        await store.commit([
          { kind: "job", job: makeJobRecord("j-1", { revision: 2, task }) },
          { kind: "partition", partition: makePartitionRecord("j-1", { verdict }) },
        ]);
        const stored = await store.job("j-1");
        expect(stored?.job.task).toEqual(task);
        expect(stored?.partitions[0]?.verdict).toEqual(verdict);
      });

      test.each([
        ["a first revision other than 1", { revision: 2 }, "j-new"],
        ["a revision that is there already", { revision: 1 }, "j-1"],
        ["a revision that skips one", { revision: 3 }, "j-1"],
      ])("refuses %s, and writes nothing of that batch", async (_, change, jobId) => {
        await submit("j-1");
        const before = await store.lastSeq();
        const batch = store.commit([
          { kind: "event", event: makeEvent("j-1") },
          { kind: "execution", execution: makeExecutionRecord("j-1", "e-1") },
          { kind: "job", job: makeJobRecord(jobId, change) },
        ]);
        await expect(batch).rejects.toMatchObject({ code: "requester/stale-write" });
        expect(await store.lastSeq()).toBe(before);
        expect((await store.job("j-1"))?.executions).toEqual([]);
        expect(await store.job("j-new")).toBeUndefined();
      });

      test("adds what was seen of a node to its reputation, in the batch that it came with", async () => {
        await submit("j-1");
        const see = (nodeId: string, outcome: Outcome, atMs: number) => ({
          kind: "observation" as const,
          observation: { nodeId, outcome, atMs, halfLifeMs: 1_000 },
        });
        await store.commit([see("n-1", "verified", 5_000), see("n-2", "refuted", 5_000)]);
        await Promise.allSettled([
          store.commit([see("n-1", "late", 6_000)]),
          store.commit([see("n-2", "failed", 7_000), { kind: "job", job: makeJobRecord("j-1") }]),
        ]);
        const nothing = { verified: 0, refuted: 0, failed: 0, late: 0 };
        const first = { ...nothing, nodeId: "n-1", observedAtMs: 6_000, verified: 0.5, late: 1 };
        const second = { ...nothing, nodeId: "n-2", observedAtMs: 5_000, refuted: 1 };
        expect(await store.reputations(10)).toEqual([first, second]);
        expect(await store.reputations(1)).toEqual([first]);
        if (fixture.reopen === undefined) return;
        expect(await (await fixture.reopen()).reputations(10)).toEqual([first, second]);
      });

      test("refuses a stale partition and a stale execution", async () => {
        await submit("j-1");
        const partition = makePartitionRecord("j-1", { revision: 2 });
        const execution = makeExecutionRecord("j-1", "e-1", { revision: 2 });
        for (const write of [
          { kind: "partition" as const, partition },
          { kind: "execution" as const, execution },
        ]) {
          await expect(store.commit([write])).rejects.toMatchObject({ code: "requester/stale-write" });
        }
      });

      test("takes several revisions of one record in one batch", async () => {
        await store.commit([
          { kind: "job", job: makeJobRecord("j-1"), document: DOCUMENT },
          { kind: "job", job: makeJobRecord("j-1", { revision: 2, status: "Running" }) },
        ]);
        expect((await store.job("j-1"))?.job).toMatchObject({ revision: 2, status: "Running" });
      });

      test("takes the batches beside one that it refuses in the same turn", async () => {
        const results = await Promise.allSettled([submit("j-1"), submit("j-1"), submit("j-2")]);
        expect(results.map((result) => result.status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
        expect(await store.job("j-2")).toBeDefined();
      });

      test("answers each event's number, growing across jobs", async () => {
        await submit("j-1");
        await submit("j-2");
        const first = await store.commit([
          { kind: "event", event: makeEvent("j-1") },
          { kind: "event", event: makeEvent("j-2") },
        ]);
        const second = await store.commit([{ kind: "event", event: makeEvent("j-1") }]);
        const all = [...first, ...second];
        expect(all).toHaveLength(3);
        expect(all).toEqual([...new Set(all)].sort((a, b) => a - b));
        expect(await store.lastSeq()).toBe(all.at(-1));
      });

      test("keeps what was committed when the store is opened again", async () => {
        await submit("j-1");
        await store.commit([{ kind: "event", event: makeEvent("j-1") }]);
        const seq = await store.lastSeq();
        if (fixture.reopen === undefined) return;
        const again = await fixture.reopen();
        expect((await again.job("j-1"))?.job).toEqual(makeJobRecord("j-1"));
        expect(await again.lastSeq()).toBe(seq);
        const next = await again.commit([{ kind: "event", event: makeEvent("j-1") }]);
        expect(next[0]).toBeGreaterThan(seq);
      });
    });

    describe("versions", () => {
      const versioned = (jobVersion: number) => ({
        job: makeJobRecord("j-1", { jobVersion, revision: jobVersion, closed: true, status: "Stopped" }),
        document: { ...DOCUMENT, Priority: jobVersion },
      });
      /** Leaves version `before` behind, and begins the next with one partition and one execution. */
      const renew = (before: number) => {
        const jobVersion = before + 1;
        const job = makeJobRecord("j-1", { jobVersion, revision: jobVersion });
        const partition = makePartitionRecord("j-1", { jobVersion });
        const execution = makeExecutionRecord("j-1", `e-${jobVersion}`, { jobVersion });
        return store.commit([
          { kind: "version", ...versioned(before) },
          { kind: "job", job, document: versioned(jobVersion).document },
          { kind: "partition", partition },
          { kind: "execution", execution },
          { kind: "event", event: makeEvent("j-1", { jobVersion }) },
        ]);
      };
      const begin = async () => {
        const partitions = [0, 1].map((index) => makePartitionRecord("j-1", { index }));
        await store.commit([
          { kind: "job", job: makeJobRecord("j-1"), document: versioned(1).document },
          ...partitions.map((partition) => ({ kind: "partition" as const, partition })),
          { kind: "execution", execution: makeExecutionRecord("j-1", "e-1") },
        ]);
      };

      test("a version that is left behind keeps what is its own, and the job has what is the next one's", async () => {
        await begin();
        await renew(1);
        const check = async (at: RequesterStore): Promise<void> => {
          const latest = await at.job("j-1");
          expect(latest?.job.jobVersion).toBe(2);
          expect(latest?.partitions.map(({ jobVersion, index }) => [jobVersion, index])).toEqual([[2, 0]]);
          expect(latest?.executions.map(({ id }) => id)).toEqual(["e-2"]);
          expect(await at.document("j-1")).toEqual(versioned(2).document);
          const former = await at.version("j-1", 1);
          expect(former?.job).toEqual(versioned(1).job);
          expect(former?.document).toEqual(versioned(1).document);
          expect(former?.partitions.map(({ jobVersion, index }) => [jobVersion, index])).toEqual([
            [1, 0],
            [1, 1],
          ]);
          expect(former?.executions.map(({ id }) => id)).toEqual(["e-1"]);
          expect(await at.versions("j-1")).toEqual([versioned(1)]);
          expect(await at.version("j-1", 2)).toBeUndefined();
          expect(await at.versions("j-2")).toEqual([]);
          expect((await at.execution("e-1"))?.jobVersion).toBe(1);
        };
        await check(store);
        if (fixture.reopen !== undefined) await check(await fixture.reopen());
      });

      test("writes go on in both versions", async () => {
        await begin();
        await renew(1);
        await store.commit([
          { kind: "partition", partition: makePartitionRecord("j-1", { revision: 2, target: 5 }) },
          {
            kind: "partition",
            partition: makePartitionRecord("j-1", { jobVersion: 2, revision: 2, target: 7 }),
          },
          {
            kind: "execution",
            execution: makeExecutionRecord("j-1", "e-1", { revision: 2, state: "cancelled" }),
          },
        ]);
        expect((await store.version("j-1", 1))?.partitions[0]?.target).toBe(5);
        expect((await store.version("j-1", 1))?.executions[0]?.state).toBe("cancelled");
        expect((await store.job("j-1"))?.partitions[0]?.target).toBe(7);
      });

      test("a version is left behind once, with all of its batch or nothing", async () => {
        await begin();
        const stale = store.commit([
          { kind: "version", ...versioned(1) },
          { kind: "job", job: makeJobRecord("j-1", { jobVersion: 2, revision: 9 }) },
        ]);
        await expect(stale).rejects.toMatchObject({ code: "requester/stale-write" });
        expect(await store.versions("j-1")).toEqual([]);
        await expect(
          store.commit([{ kind: "version", job: makeJobRecord("j-9"), document: DOCUMENT }]),
        ).rejects.toMatchObject({
          code: "requester/stale-write",
        });
      });

      test("a version that isn't resolved has no task of the one before", async () => {
        const task = { terms: {}, details: {} } as unknown as NonNullable<JobRecord["task"]>;
        await submit("j-1", { task });
        await store.commit([
          { kind: "version", ...versioned(1) },
          { kind: "job", job: makeJobRecord("j-1", { jobVersion: 2, revision: 2 }), document: DOCUMENT },
        ]);
        expect((await store.job("j-1"))?.job.task).toBeUndefined();
      });

      test("the oldest versions give way, with all that is theirs", async () => {
        await begin();
        const count = MAX_FORMER_VERSIONS + 3;
        for (let before = 1; before < count; before += 1) await renew(before);
        const kept = (await store.versions("j-1")).map(({ job }) => job.jobVersion);
        expect(kept).toEqual(Array.from({ length: MAX_FORMER_VERSIONS }, (_, index) => index + 3));
        expect(await store.execution("e-2")).toBeUndefined();
        expect(await store.execution("e-3")).toBeDefined();
        const [first] = await store.events({ jobId: "j-1", afterSeq: 0, limit: 1 });
        expect(first?.jobVersion).toBe(3);
      });

      test("a job that was compacted and begins a version is compacted again, and forgotten as a whole", async () => {
        await begin();
        const bounds = { closedBeforeMs: Number.MAX_SAFE_INTEGER, nowMs: 1, maxRows: 1_000 };
        const close = (jobVersion: number, revision: number) =>
          store.commit([{ kind: "job", job: makeJobRecord("j-1", { jobVersion, revision, closed: true }) }]);
        await close(1, 2);
        await store.compact(bounds);
        await store.commit([
          { kind: "version", ...versioned(1) },
          { kind: "job", job: makeJobRecord("j-1", { jobVersion: 2, revision: 3 }), document: DOCUMENT },
          { kind: "event", event: makeEvent("j-1", { jobVersion: 2 }) },
        ]);
        expect(await store.forget(bounds)).toBe(0);
        await close(2, 4);
        expect(await store.forget(bounds)).toBe(0);
        await store.compact(bounds);
        await store.forget(bounds);
        expect(await store.job("j-1")).toBeUndefined();
        expect(await store.versions("j-1")).toEqual([]);
      });

      test("named() finds the newest job of exactly that name in that namespace", async () => {
        const named = (name: string) => ({ ...makeJobRecord("").spec, name });
        await submit("j-1", { createdAtMs: 1, spec: named("x") });
        await submit("j-2", { createdAtMs: 2, spec: named("x") });
        await submit("j-3", { createdAtMs: 3, spec: named("x"), namespace: "other" });
        await submit("j-4", { createdAtMs: 4, spec: named("xy") });
        expect(await store.named("default", "x")).toBe("j-2");
        expect(await store.named("other", "x")).toBe("j-3");
        expect(await store.named("default", "j-4")).toBeUndefined();
      });
    });

    test("keeps what was decided of nodes, the last decision of each, until it is forgotten", async () => {
      const decide = (nodeId: string, membership: "approved" | "rejected", message = "") => ({
        kind: "membership" as const,
        nodeId,
        record: { nodeId, membership, message, atMs: 5 },
      });
      await store.commit([decide("n-2", "approved"), decide("n-1", "approved"), decide("n-3", "approved")]);
      await store.commit([
        decide("n-1", "rejected", "too slow"),
        { kind: "membership", nodeId: "n-3", record: undefined },
        { kind: "membership", nodeId: "n-9", record: undefined },
      ]);
      const expected = [decide("n-1", "rejected", "too slow").record, decide("n-2", "approved").record];
      expect(await store.memberships()).toEqual(expected);
      if (fixture.reopen === undefined) return;
      expect(await (await fixture.reopen()).memberships()).toEqual(expected);
    });

    test("forgetReputations() keeps the nodes that were seen last", async () => {
      for (const [index, nodeId] of ["n-1", "n-2", "n-3"].entries()) {
        const observation = { nodeId, outcome: "late" as const, atMs: index, halfLifeMs: 1_000 };
        await store.commit([{ kind: "observation", observation }]);
      }
      await store.forgetReputations(2);
      expect((await store.reputations(10)).map(({ nodeId }) => nodeId)).toEqual(["n-3", "n-2"]);
      await store.forgetReputations(5);
      expect(await store.reputations(10)).toHaveLength(2);
    });

    describeCleaning(() => store);

    test("liveJobs() gives every job that isn't closed, and no other", async () => {
      await submit("j-1");
      await submit("j-2");
      await store.commit([
        { kind: "job", job: makeJobRecord("j-2", { revision: 2, closed: true, status: "Completed" }) },
        { kind: "execution", execution: makeExecutionRecord("j-1", "e-1") },
      ]);
      const live: StoredJob[] = [];
      for await (const job of store.liveJobs()) live.push(job);
      expect(live.map((stored) => stored.job.jobId)).toEqual(["j-1"]);
      expect(live[0]?.executions.map((execution) => execution.id)).toEqual(["e-1"]);
    });

    test("job() and document() know only exact ids", async () => {
      await submit("j-1");
      expect(await store.job("j-")).toBeUndefined();
      expect(await store.document("j-")).toBeUndefined();
    });

    test("execution() knows only exact ids", async () => {
      await submit("j-1");
      const execution = makeExecutionRecord("j-1", "e-1");
      await store.commit([{ kind: "execution", execution }]);
      expect(await store.execution("e-1")).toEqual(execution);
      expect(await store.execution("e-")).toBeUndefined();
      expect(await store.execution("j-1")).toBeUndefined();
    });

    test("findJobs() finds by the id's beginning and by name, newest first, up to the limit", async () => {
      const named = (name: string) => ({ ...makeJobRecord("").spec, name });
      await submit("j-abc", { createdAtMs: 1, spec: named("x") });
      await submit("j-abd", { createdAtMs: 3, spec: named("y") });
      await submit("j-b%", { createdAtMs: 2, spec: named("x") });
      expect(await store.findJobs("j-ab", 10)).toEqual(["j-abd", "j-abc"]);
      expect(await store.findJobs("x", 10)).toEqual(["j-b%", "j-abc"]);
      expect(await store.findJobs("j-", 1)).toEqual(["j-abd"]);
      expect(await store.findJobs("j-%", 10)).toEqual([]);
      expect(await store.findJobs("J-AB", 10)).toEqual([]);
    });

    describe("listJobs()", () => {
      beforeEach(async () => {
        await submit("j-1", { createdAtMs: 10, modifiedAtMs: 40 });
        await submit("j-2", { createdAtMs: 20, modifiedAtMs: 20, namespace: "other" });
        await submit("j-3", { createdAtMs: 20, modifiedAtMs: 30 });
      });

      const list = async (change: Partial<Parameters<RequesterStore["listJobs"]>[0]>) => {
        const page = await store.listJobs({ orderBy: "created_at", reverse: false, limit: 10, ...change });
        return page.items.map((job) => job.jobId);
      };

      test("lists newest first by creation or by change, or the other way round", async () => {
        expect(await list({})).toEqual(["j-3", "j-2", "j-1"]);
        expect(await list({ reverse: true })).toEqual(["j-1", "j-2", "j-3"]);
        expect(await list({ orderBy: "modified_at" })).toEqual(["j-1", "j-3", "j-2"]);
      });

      test("lists one namespace", async () => {
        expect(await list({ namespace: "default" })).toEqual(["j-3", "j-1"]);
        expect(await list({ namespace: "nobody" })).toEqual([]);
      });

      test("lists those whose labels fulfil what is asked, page by page", async () => {
        const label = (jobId: string, Labels: Readonly<Record<string, string>>) =>
          store.commit([
            {
              kind: "job",
              job: makeJobRecord(jobId, { createdAtMs: 50 }),
              document: { ...DOCUMENT, Labels },
            },
          ]);
        await label("j-4", { team: "cod", "a.b/c": "" });
        await label("j-5", { team: "eel" });
        const labelled = (Operator: Constraint["Operator"], Values: string[], Key = "team") =>
          list({ labels: [{ Key, Operator, Values }] });
        expect(await labelled("in", ["cod", "crab"])).toEqual(["j-4"]);
        expect(await labelled("notin", ["cod", "crab"])).toEqual(["j-5", "j-3", "j-2", "j-1"]);
        expect(await labelled("exists", [])).toEqual(["j-5", "j-4"]);
        expect(await labelled("!", [], "a.b/c")).toEqual(["j-5", "j-3", "j-2", "j-1"]);
        expect(await labelled("in", [""], "a.b/c")).toEqual(["j-4"]);
        const query = { orderBy: "created_at", reverse: false, limit: 1 } as const;
        const labels = [{ Key: "team", Operator: "exists" }] as const;
        const first = await store.listJobs({ ...query, labels });
        const second = await store.listJobs({ ...query, labels, after: first.next ?? "" });
        expect([...first.items, ...second.items].map((job) => job.jobId)).toEqual(["j-5", "j-4"]);
        expect(second.next).toBeUndefined();
        const again = makeJobRecord("j-5", { revision: 2, createdAtMs: 50 });
        await store.commit([{ kind: "job", job: again, document: DOCUMENT }]);
        expect(await labelled("exists", [])).toEqual(["j-4"]);
      });

      test.each([false, true])("pages through every job once (reverse: %s)", async (reverse) => {
        const seen: string[] = [];
        let after: string | undefined;
        do {
          const page = await store.listJobs({
            orderBy: "created_at",
            reverse,
            limit: 1,
            ...(after !== undefined && { after }),
          });
          seen.push(...page.items.map((job) => job.jobId));
          after = page.next;
        } while (after !== undefined);
        expect(seen).toEqual(await list({ reverse }));
      });

      test("refuses a token that no page gave", async () => {
        for (const after of ["", "nonsense", "bm9uc2Vuc2U", "e30", "-1", "💥"]) {
          await expect(list({ after })).rejects.toMatchObject({ code: "requester/invalid-token" });
        }
      });

      test("refuses a token of the other order", async () => {
        const page = await store.listJobs({ orderBy: "created_at", reverse: false, limit: 1 });
        await expect(list({ orderBy: "modified_at", after: page.next ?? "" })).rejects.toMatchObject({
          code: "requester/invalid-token",
        });
      });
    });

    test("events() reads those of one version, and those since a time, as full pages", async () => {
      await submit("j-1");
      await store.commit(
        [1, 2, 1, 2].map((jobVersion, index) => ({
          kind: "event" as const,
          event: makeEvent("j-1", { message: `${index}`, jobVersion, atMs: 1_000 * index }),
        })),
      );
      const read = async (query: Partial<Parameters<RequesterStore["events"]>[0]>) =>
        (await store.events({ afterSeq: 0, limit: 2, jobId: "j-1", ...query })).map(({ message }) => message);
      expect(await read({ jobVersion: 2 })).toEqual(["1", "3"]);
      expect(await read({ sinceMs: 2_000 })).toEqual(["2", "3"]);
      expect(await read({ sinceMs: 1_001, jobVersion: 1 })).toEqual(["2"]);
    });

    test("events() reads in order, by job, by execution, after a number, up to a limit", async () => {
      await submit("j-1");
      await submit("j-2");
      const seqs = await store.commit([
        { kind: "event", event: makeEvent("j-1", { message: "a" }) },
        { kind: "event", event: makeEvent("j-2", { message: "b", executionId: "e-1" }) },
        { kind: "event", event: makeEvent("j-1", { message: "c", executionId: "e-2" }) },
      ]);
      const read = async (query: Omit<Partial<Parameters<RequesterStore["events"]>[0]>, never>) =>
        (await store.events({ afterSeq: 0, limit: 10, ...query })).map((event) => event.message);
      expect(await read({})).toEqual(["a", "b", "c"]);
      expect(await read({ limit: 2 })).toEqual(["a", "b"]);
      expect(await read({ jobId: "j-1" })).toEqual(["a", "c"]);
      expect(await read({ executionId: "e-1" })).toEqual(["b"]);
      expect(await read({ jobId: "j-1", executionId: "e-1" })).toEqual([]);
      expect(await read({ afterSeq: seqs[0] ?? 0 })).toEqual(["b", "c"]);
      expect(await read({ jobId: "nobody" })).toEqual([]);
      expect(await read({ level: "job" })).toEqual(["a"]);
      expect(await read({ jobId: "j-1", level: "execution" })).toEqual(["c"]);
      const [first] = await store.events({ afterSeq: 0, limit: 1 });
      expect(first).toEqual({ ...makeEvent("j-1", { message: "a" }), seq: seqs[0] });
    });
  });
}
