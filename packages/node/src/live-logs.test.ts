import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { setImmediate as nextTurn } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { createClient } from "@gadus/client";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { readLogFrames } from "./api/test-log-reader.ts";
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
    // 48 MiB were printed meanwhile. Sixteen executions are read at a time, each with a stream's window ahead.
    expect((await heldBytes()) - before).toBeLessThan(20 * MIB);
    expect(taken).toBeLessThan((COUNT * printedLines.length) / 4);
    reader.socket.resume();
    expect(await reader.closed).toBe(1000);
    const byExecution = Map.groupBy(reader.frames, ({ origin }) => origin?.ExecutionID);
    expect(byExecution.size).toBe(COUNT);
    for (const frames of byExecution.values())
      expect(
        isDeepStrictEqual(
          frames.map(({ value }) => value),
          printedLines,
        ),
      ).toBe(true);
  }, 120_000);
});

describe("a client whose connection breaks", () => {
  /** Forwards connections to the requester, and breaks each off that has brought so many bytes. */
  async function breakingProxy(maxBytes: () => number): Promise<string> {
    const server = createServer((client) => {
      const upstream = connect(Number(new URL(nodes.requester.apiUrl).port), "127.0.0.1");
      let left = maxBytes();
      const end = (): void => {
        client.destroy();
        upstream.destroy();
      };
      for (const socket of [client, upstream]) socket.on("error", end).on("close", end);
      client.pipe(upstream);
      upstream.on("data", (bytes: Buffer) => {
        client.write(bytes.subarray(0, left), () => {
          if (left <= 0) end();
        });
        left -= bytes.length;
      });
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    onTestFinished(() => void server.close());
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  const stop = async (jobId: string): Promise<void> => {
    await fetch(`${nodes.requester.apiUrl}/api/v1/orchestrator/jobs/${jobId}`, { method: "DELETE" });
  };

  test.each([undefined, 100])(
    "goes on where it was, after a tail of %s too",
    async (tail) => {
      const jobId = await nodes.submit(printingTask());
      const whole = await readLogFrames(nodes.requester.apiUrl, pathOf(jobId, "follow=true"));
      await whole.have(printedLines.length);
      whole.socket.destroy();
      let connections = 0;
      const url = await breakingProxy(() => {
        connections += 1;
        return connections * 300_000;
      });
      const seen: unknown[] = [];
      const of = tail === undefined ? {} : { tail };
      const expected = tail === undefined ? printedLines : printedLines.slice(-tail);
      for await (const { value } of createClient({ url }).logs(jobId, { follow: true, ...of })) {
        seen.push(value);
        if (seen.length === expected.length) await stop(jobId);
      }
      expect(isDeepStrictEqual(seen, expected)).toBe(true);
      expect(connections).toBeGreaterThan(tail === undefined ? 3 : 0);
    },
    60_000,
  );

  test("goes on where it was after the requester was started again", async () => {
    const jobId = await nodes.submit(printingTask());
    const seen: unknown[] = [];
    let restarting: Promise<void> | undefined;
    for await (const { value } of createClient({ url: nodes.requester.apiUrl }).logs(jobId, {
      follow: true,
    })) {
      seen.push(value);
      if (seen.length === 5000) restarting = nodes.restartRequester();
      if (seen.length === printedLines.length) await stop(jobId);
    }
    await restarting;
    expect(restarting).toBeDefined();
    expect(isDeepStrictEqual(seen, printedLines)).toBe(true);
  }, 60_000);
});
