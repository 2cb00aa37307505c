import type { LogFrame, LogRequest } from "@gadus/protocol";
import { createMemoryContent, createMemorySource, memoryVolume } from "@gadus/storage/memory";
import { describe, expect, test } from "vitest";
import { type LogEntry, readExecutionLogs } from "./read-execution-logs.ts";
import { clock, jobEnd, testNetwork } from "./test-network.ts";
import { noopDocument, proposalOf, someExecution } from "./test-records.ts";

type Nodes = Awaited<ReturnType<typeof testNetwork>>["nodes"];

/** Has each node answer for logs with what it is given. */
function serve(nodes: Nodes, answer: (request: LogRequest, name: string) => Iterable<LogFrame>): void {
  for (const { transport, name } of nodes) {
    transport.serveLogs(async function* (_, request) {
      yield* answer(request, name);
    });
  }
}

function* printed(text: string, { fromBytes }: LogRequest, stream: "stdout" | "stderr" = "stdout") {
  const bytes = new TextEncoder().encode(text).slice(fromBytes);
  if (bytes.length > 0) yield { type: "output" as const, stream, offset: fromBytes, bytes };
}

async function textOf(entries: AsyncIterable<LogEntry>): Promise<string> {
  let text = "";
  for await (const entry of entries) text += said(entry);
  return text;
}

function said(entry: LogEntry): string {
  if (entry.kind === "error") return `[${entry.code}]`;
  return entry.kind === "output" ? new TextDecoder().decode(entry.bytes) : "";
}

describe("requester.logs()", () => {
  test("reads all of a job that has ended, execution by execution", async () => {
    const net = await testNetwork([{}, {}, {}]);
    serve(net.nodes, (request, name) => printed(`${name} says hello\n`, request));
    const { jobId } = await net.requester.submit(noopDocument({ Deal: { Concurrency: 3 } }));
    const view = await jobEnd(net.requester, jobId);
    const text = await textOf(net.requester.logs(jobId));
    expect(text).toBe(view.executions.map(({ nodeId }) => `${nodeId} says hello\n`).join(""));
    expect(await textOf(net.requester.logs(jobId, { follow: true }))).toBe(text);
    const [first] = view.executions;
    const one = net.requester.logs(jobId, { executionId: first?.id ?? "" });
    expect(await textOf(one)).toBe(`${first?.nodeId} says hello\n`);
    await net.stop();
  });

  test("refuses a job and an execution that aren't there", async () => {
    const net = await testNetwork([{}]);
    const { jobId } = await net.requester.submit(noopDocument());
    await jobEnd(net.requester, jobId);
    const read = (id: string, executionId?: string) =>
      textOf(net.requester.logs(id, executionId === undefined ? {} : { executionId }));
    await expect(read("j-none")).rejects.toMatchObject({ code: "requester/unknown-job" });
    await expect(read(jobId, "e-none")).rejects.toMatchObject({ code: "requester/unknown-execution" });
    await net.stop();
  });

  test("tells the last lines, and of a live job what comes after them", async () => {
    const net = await testNetwork([{}]);
    const more = Promise.withResolvers<void>();
    net.nodes[0]?.transport.serveLogs(async function* (_, request) {
      yield* printed("1\n2\n3\n4", { ...request });
      if (!request.follow) return;
      await more.promise;
      yield* printed("1\n2\n3\n4!\n5\n", { ...request, fromBytes: Math.max(7, request.fromBytes) });
    });
    const { jobId } = await net.requester.submit(noopDocument());
    await jobEnd(net.requester, jobId);
    expect(await textOf(net.requester.logs(jobId, { tail: 2 }))).toBe("3\n4");
    expect(await textOf(net.requester.logs(jobId, { tail: 0 }))).toBe("");
    expect(await textOf(net.requester.logs(jobId, { tail: 100 }))).toBe("1\n2\n3\n4");
    more.resolve();
    await net.stop();
  });

  test("follows a job from before it starts until it has ended", async () => {
    const net = await testNetwork([], { queueTimeoutMs: 60_000 });
    const { jobId } = await net.requester.submit(noopDocument());
    const following = textOf(net.requester.logs(jobId, { follow: true }));
    await net.addNode({
      logs: async function* (_, request) {
        yield* printed("at last\n", request);
      },
    });
    expect(await following).toBe("at last\n");
    await net.stop();
  });

  test("goes on where it was when a connection breaks, while the execution lives", async () => {
    const net = await testNetwork([
      { tamper: (message) => (message.type === "propose" ? undefined : message) },
    ]);
    const requests: number[] = [];
    net.nodes[0]?.transport.serveLogs(async function* (_, request) {
      requests.push(request.fromBytes);
      yield* printed(requests.length === 1 ? "one " : "one two\n", request);
      if (requests.length === 1) {
        await net.nodes[0]?.transport.stop();
        await net.nodes[0]?.transport.start();
        await net.nodes[0]?.transport.dial(net.home);
      }
    });
    const { jobId } = await net.requester.submit(noopDocument());
    let text = "";
    for await (const entry of net.requester.logs(jobId, { follow: true })) {
      if (entry.kind === "output") text += new TextDecoder().decode(entry.bytes);
      if (text.endsWith("\n")) await net.requester.stopJob(jobId, "enough");
    }
    expect(text).toBe("one two\n");
    expect(requests).toEqual([0, 4]);
    await net.stop();
  });

  test("says why there is no more: a node without logs, one that is gone, one that leaves something out", async () => {
    const net = await testNetwork([{}]);
    const { jobId } = await net.requester.submit(noopDocument());
    await jobEnd(net.requester, jobId);
    expect(await textOf(net.requester.logs(jobId))).toBe("[transport/no-logs]");
    serve(net.nodes, () => [
      { type: "output", stream: "stdout", offset: 0, bytes: Uint8Array.of(65) },
      { type: "output", stream: "stdout", offset: 2, bytes: Uint8Array.of(66) },
    ]);
    expect(await textOf(net.requester.logs(jobId))).toBe("A[requester/broken-log]");
    await net.nodes[0]?.transport.stop();
    expect(await textOf(net.requester.logs(jobId))).toBe("[requester/node-lost]");
    await net.stop();
  });

  test("who takes nothing holds up the node, and who stops lets go of it", async () => {
    const net = await testNetwork([{}]);
    let made = 0;
    const gone = Promise.withResolvers<void>();
    net.nodes[0]?.transport.serveLogs(async function* (_, __, { signal }) {
      signal.addEventListener("abort", () => gone.resolve());
      try {
        for (; made < 10_000; made += 1)
          yield { type: "output", stream: "stdout", offset: made * 1000, bytes: new Uint8Array(1000) };
      } finally {
        gone.resolve();
      }
    });
    const { jobId } = await net.requester.submit(noopDocument());
    await jobEnd(net.requester, jobId);
    for await (const entry of net.requester.logs(jobId)) {
      expect(entry.kind).toBe("output");
      await new Promise((resolve) => setTimeout(resolve, 50));
      expect(made).toBeLessThan(20);
      break;
    }
    await gone.promise;
    await net.stop();
  });

  test("takes the results that are kept here where the node has no logs any more", async () => {
    const execution = someExecution("e-1", "published", { proposal: proposalOf("right") });
    const { transport } = await testNetwork([]);
    const stored = memoryVolume({ stdout: "out\n", stderr: "err\n", exitCode: "0" });
    const content = { ...createMemoryContent(), has: async () => true };
    const source = createMemorySource({ type: "ipfs", find: async () => stored });
    const put: string[] = [];
    const wish = { follow: false, tail: undefined, chosen: false, current: async () => execution };
    const ports = { transport, content, storage: new Map([["ipfs", source]]), clock };
    const read = (has: boolean) =>
      readExecutionLogs(
        { ...ports, content: { ...content, has: async () => has } },
        { ...execution, nodeId: transport.identity.nodeId },
        wish,
        async (entry) => {
          put.push(entry.kind === "output" ? `${entry.stream}: ${said(entry)}` : said(entry));
        },
        new AbortController().signal,
      );
    await read(true);
    await read(false);
    expect(put).toEqual(["stdout: out\n", "stderr: err\n", "", "[transport/no-logs]", ""]);
  });
});
