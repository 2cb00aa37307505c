import { expect, test } from "vitest";
import { NetworkWatch } from "./network-watch.ts";
import { NodeTable } from "./node-table.ts";
import type { JobRecord } from "./records.ts";
import { someJob, someNode } from "./test-records.ts";

const waiting = (jobId: string, change: Partial<JobRecord> = {}) =>
  someJob({}, { jobId, waiting: "for nodes", ...change });

/** A watch over `jobs` whose one pause ends when told to; answers whom it pokes once node a announced `room` places. */
function look(jobs: readonly JobRecord[], room: number, isConnected = true): readonly string[] {
  let ring = (): void => {};
  const clock = {
    nowMs: () => 0,
    setTimer(_: number, callback: () => void) {
      ring = callback;
      return { cancel() {} };
    },
  };
  const nodes = new NodeTable(clock);
  if (isConnected) nodes.connected({ nodeId: "a", address: "", connectedSinceMs: 0 });
  const { announcement } = someNode("a");
  if (announcement?.compute === undefined) throw new Error("a node of these tests computes");
  const none = { cpuMillis: 0, memoryBytes: 0, diskBytes: 0, gpus: 0 };
  const compute = {
    ...announcement.compute,
    availableCapacity: none,
    queueLimit: 5,
    queuedExecutions: 5 - room,
  };
  nodes.announced("a", { ...announcement, compute });
  const poked: string[] = [];
  const watch = new NetworkWatch({ clock, nodes, jobs: () => jobs, poke: (ids) => poked.push(...ids) });
  watch.changed("a");
  ring();
  return poked;
}

test("a network watch has only jobs look again that wait, and that the node could take", () => {
  const jobs = [
    waiting("j-1", { waiting: undefined }),
    waiting("j-2", { failure: { code: "x/y", message: "over", blame: "nobody" } }),
    waiting("j-3", { spec: someJob({ Constraints: [{ Key: "zone", Operator: "exists" }] }).spec }),
    waiting("j-4"),
  ];
  expect(look(jobs, 5)).toEqual(["j-4"]);
});

test("a network watch has no more jobs look again than the node has room for, the oldest first", () => {
  const jobs = ["j-1", "j-2", "j-3", "j-4"].map((jobId) => waiting(jobId));
  expect(look(jobs, 2)).toEqual(["j-1", "j-2"]);
  expect(look(jobs, 0)).toEqual([]);
  expect(look(jobs, 2, false)).toEqual([]);
});
