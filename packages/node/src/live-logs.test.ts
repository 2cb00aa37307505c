import { setImmediate as nextTurn } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readLogFrames } from "./test-log-reader.ts";
import { printedLines, printingTask, startTwoNodes, type TwoNodes } from "./test-two-nodes.ts";

const MIB = 1024 * 1024;
/** Executions of the job that prints most, 2 MiB each. */
const COUNT = 24;

let nodes: TwoNodes;
beforeAll(async () => {
  nodes = await startTwoNodes();
});
afterAll(() => nodes.stop());

const pathOf = (jobId: string, query: string) => `/api/v1/orchestrator/jobs/${jobId}/logs?${query}`;

/** What this process holds of memory, its nodes among it, once what nothing needs is let go of. */
async function heldBytes(): Promise<number> {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  // Buffers are let go of a turn after what holds them.
  for (let round = 0; round < 4; round += 1) {
    collect();
    await nextTurn();
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

describe("logs, from a compute node through a requester to a client", () => {
  test("of a WebAssembly job come while it runs, and end with it", async () => {
    const jobId = await nodes.submit(printingTask());
    const reader = await readLogFrames(nodes.requester.apiUrl, pathOf(jobId, "follow=true"));
    await reader.have(printedLines.length);
    expect(await nodes.status(jobId)).toBe("Running");
    expect(reader.frames.map(({ value }) => value)).toEqual(printedLines);
    const { apiUrl } = nodes.requester;
    await fetch(`${apiUrl}/api/v1/orchestrator/jobs/${jobId}`, { method: "DELETE" });
    expect(await reader.closed).toBe(1000);
  });

  test("wait for who stops to read, hold up neither job nor nodes, take no memory, and then go on", async () => {
    const first = await nodes.submit(printingTask("end"), { Count: COUNT });
    await expect.poll(() => nodes.status(first), { timeout: 60_000 }).toBe("Completed");
    const before = await heldBytes();
    const jobId = await nodes.submit(printingTask("end"), { Count: COUNT });
    const reader = await readLogFrames(nodes.requester.apiUrl, pathOf(jobId, "follow=true&origin=true"));
    await reader.have(1);
    reader.socket.pause();
    await expect.poll(() => nodes.status(jobId), { timeout: 60_000 }).toBe("Completed");
    const taken = reader.frames.length;
    // 48 MiB were printed meanwhile.
    expect((await heldBytes()) - before).toBeLessThan(12 * MIB);
    expect(taken).toBeLessThan((COUNT * printedLines.length) / 4);
    reader.socket.resume();
    expect(await reader.closed).toBe(1000);
    const byExecution = Map.groupBy(reader.frames, ({ origin }) => origin?.ExecutionID);
    expect(byExecution.size).toBe(COUNT);
    for (const frames of byExecution.values())
      expect(isDeepStrictEqual(frames.map(({ value }) => value), printedLines)).toBe(true);
  }, 120_000);
});
