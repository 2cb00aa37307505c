import type { Message } from "@gadus/protocol";
import { afterEach, describe, expect, test } from "vitest";
import { MAX_PROGRESS_NOTES } from "./progress-notes.ts";
import { eventOf, jobEnd, testNetwork } from "./test-network.ts";
import { noopDocument } from "./test-records.ts";

let net: Awaited<ReturnType<typeof testNetwork>> | undefined;
afterEach(async () => {
  await net?.stop();
  net = undefined;
});

/** What history tells of the progress of a job's executions. */
async function toldOf({ requester }: NonNullable<typeof net>, jobId: string): Promise<readonly string[]> {
  const events = await requester.events({ jobId, afterSeq: 0, limit: 10_000 });
  return events.filter(({ topic }) => topic === "execution/progress").map(({ message }) => message);
}

/** A job that runs on the first of the nodes and doesn't end, and how that node says something of it. */
async function running(others: number) {
  const silent = { runs: "silent", bids: "yes" } as const;
  net = await testNetwork([silent, ...Array.from({ length: others }, () => ({ bids: "decline" }) as const)]);
  const { requester, nodes, transport } = net;
  const accepted = eventOf(requester, "execution/accepted");
  const { jobId } = await requester.submit(noopDocument());
  await accepted;
  const execution = (await requester.job(jobId)).executions.find(({ state }) => state === "accepted");
  if (execution === undefined) throw new Error("nothing was accepted");
  const say = (from: number, message: object): Promise<void> => {
    const said = { executionId: execution.id, ...message } as Message;
    return nodes[from]?.transport.send(transport.identity.nodeId, said) ?? Promise.resolve();
  };
  return { net, jobId, requester, execution, say };
}

describe("progress that a node tells of", () => {
  test("is in the job's history, for its execution, without what a terminal obeys", async () => {
    const { net: network, jobId, requester, execution, say } = await running(0);
    const noted = eventOf(requester, "execution/progress");
    await say(0, { type: "progress", message: "Pulling \u001b[31mubuntu\n" });
    await noted;
    expect(await toldOf(network, jobId)).toEqual(["Pulling [31mubuntu"]);
    const events = await requester.events({ executionId: execution.id, afterSeq: 0, limit: 100 });
    expect(events.map(({ topic }) => topic)).toContain("execution/progress");
    expect((await requester.job(jobId)).executions[0]?.state).toBe("accepted");
  });

  test("is noted so often and no more, however much a node says", async () => {
    const { net: network, jobId, requester, say } = await running(0);
    for (let at = 0; at < MAX_PROGRESS_NOTES; at += 1) {
      const noted = eventOf(requester, "execution/progress");
      await say(0, { type: "progress", message: `line ${at}` });
      await noted;
    }
    for (let at = 0; at < 50; at += 1) await say(0, { type: "progress", message: `more ${at}` });
    const failed = eventOf(requester, "execution/failed");
    await say(0, { type: "fail", code: "x/y", reason: "enough", blame: "job" });
    await failed;
    await jobEnd(requester, jobId);
    expect(await toldOf(network, jobId)).toHaveLength(MAX_PROGRESS_NOTES);
  });

  test("is nothing where another node says it, or it is said of what doesn't run", async () => {
    const { net: network, jobId, requester, say } = await running(1);
    await say(1, { type: "progress", message: "I run it too" });
    await say(0, { type: "progress", message: "mine" });
    await expect.poll(() => toldOf(network, jobId)).toEqual(["mine"]);
    await say(0, { type: "fail", code: "x/y", reason: "enough", blame: "job" });
    await jobEnd(requester, jobId);
    await say(0, { type: "progress", message: "still here" });
    const isTold = (): boolean | undefined => network.nodes[0]?.heard.some(({ type }) => type === "cancel");
    await expect.poll(isTold).toBe(true);
    expect(await toldOf(network, jobId)).toEqual(["mine"]);
  });
});
