import fc from "fast-check";
import { expect, test } from "vitest";
import { testNode } from "./test-node.ts";
import { CAPACITY } from "./test-requester.ts";

const ACTS = [
  "ask",
  "ask",
  "accept",
  "accept",
  "verify",
  "refute",
  "reject",
  "cancel",
  "wait",
  "restart",
  "crash",
  "refuse",
] as const;

test("whatever a requester does, in whatever order, capacity holds, and nothing stays once it is over", async () => {
  const act = fc.record({
    kind: fc.constantFrom(...ACTS),
    id: fc.integer({ min: 0, max: 5 }),
    cpuMillis: fc.integer({ min: 100, max: 2000 }),
    priority: fc.integer({ min: -1, max: 1 }),
    durationMs: fc.constantFrom(0, 500, 20_000),
    waitMs: fc.constantFrom(0, 300, 5000),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(act, { maxLength: 30 }), async (acts) => {
      const node = await testNode({ leaseMs: 4000, proposalLeaseMs: 6000, queueLimit: 2, maxRuns: 100 });
      const { requester, clock, watch } = node;
      const holds = (): void => {
        const { offer } = node.compute().describe();
        expect(offer.runningExecutions).toBe(node.compute().describe().running.length);
        expect(offer.queuedExecutions).toBeLessThanOrEqual(2 + node.compute().describe().running.length);
        const cpuMillis = watch.runs
          .filter((run) => watch.running.has(run.executionId))
          .reduce((sum, run, index, all) => {
            const isLast = all.findLastIndex((other) => other.executionId === run.executionId) === index;
            return sum + (isLast ? run.task.terms.resources.cpuMillis : 0);
          }, 0);
        expect(cpuMillis).toBeLessThanOrEqual(CAPACITY.cpuMillis);
      };
      for (const { kind, id, cpuMillis, priority, durationMs, waitMs } of acts) {
        const name = `e-${id}`;
        const has = (type: "bid" | "propose"): boolean => requester.all(type, name).length > 0;
        const resources = { cpuMillis, memoryBytes: 0, diskBytes: 0, gpus: 0 };
        if (kind === "ask" && !has("bid")) {
          const details = { engineParams: { stdout: name, exitCode: 0, durationMs } };
          await requester.ask(name, { resources, priority }, details);
        }
        if (kind === "accept" && has("bid")) await requester.accept(name, { proposeWithinMs: 30_000 });
        if (kind === "verify" && has("propose")) await requester.verify(name);
        if (kind === "refute" && has("propose")) await requester.refute(name);
        if (kind === "reject") await requester.reject(name);
        if (kind === "cancel") await requester.cancel(name);
        if (kind === "restart") await node.restart();
        if (kind === "crash") await node.crash();
        if (kind === "refuse") watch.commitErrors.push(new Error("the disk is full"));
        await clock.advance(kind === "wait" ? waitMs : 1);
        holds();
      }
      await clock.advance(120_000);
      expect(await node.empty()).toBe(true);
      expect(watch.running.size).toBe(0);
      for await (const stored of node.store.live()) {
        expect.unreachable(`${stored.execution.executionId} is still ${stored.execution.state}`);
      }
    }),
    { numRuns: 40 },
  );
});
