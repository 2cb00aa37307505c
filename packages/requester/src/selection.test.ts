import { afterEach, describe, expect, test } from "vitest";
import { MAX_REPUTATIONS } from "./reputation-table.ts";
import type { RequesterWrite } from "./store.ts";
import { jobEnd, refuseOnce, type Script, testNetwork } from "./test-network.ts";
import { noopDocument } from "./test-records.ts";

let net: Awaited<ReturnType<typeof testNetwork>> | undefined;
afterEach(async () => {
  await net?.stop();
  net = undefined;
});

const three = { Deal: { Concurrency: 3 } };

/** What a requester saw of each of its nodes, without when. */
function seenOf({ requester, nodes }: NonNullable<typeof net>) {
  return nodes.map(({ name }) => {
    const { verified = 0, refuted = 0, failed = 0, late = 0 } = requester.reputation(name) ?? {};
    const [v, r, f, l] = [verified, refuted, failed, late].map((count) => Math.round(count * 100) / 100);
    return { verified: v, refuted: r, failed: f, late: l };
  });
}

async function run(scripts: readonly Script[], document: Readonly<Record<string, unknown>> = {}) {
  net = await testNetwork(scripts);
  const { jobId } = await net.requester.submit(noopDocument(document));
  await jobEnd(net.requester, jobId);
  return net;
}

const nothing = { verified: 0, refuted: 0, failed: 0, late: 0 };

describe("a requester", () => {
  test("remembers which results were verified and which refuted, and still does after a restart", async () => {
    const network = await run([{}, {}, { output: "a lie" }], three);
    const expected = [
      { ...nothing, verified: 1 },
      { ...nothing, verified: 1 },
      { ...nothing, refuted: 1 },
    ];
    expect(seenOf(network)).toEqual(expected);
    await network.requester.stop();
    const again = network.newRequester();
    await again.start();
    expect(seenOf({ ...network, requester: again })).toEqual(expected);
    await again.stop();
  });

  test("holds nothing against nodes for a job that fails everywhere by nobody's fault", async () => {
    const network = await run([{ runs: "fail" }, { runs: "fail" }, { bids: "decline" }]);
    expect(seenOf(network)).toEqual([nothing, nothing, nothing]);
  });

  test("counts each end once though the write that it came with was refused and made again", async () => {
    net = await testNetwork([{}]);
    const refused = refuseOnce(net.store, (writes) => writes.some(({ kind }) => kind === "observation"));
    const { jobId } = await net.requester.submit(noopDocument());
    await refused;
    await jobEnd(net.requester, jobId);
    expect(seenOf(net)).toEqual([{ ...nothing, verified: 1 }]);
    const stored = await net.store.reputations(MAX_REPUTATIONS);
    expect(stored.map(({ verified }) => verified)).toEqual([1]);
  });

  test("writes what it saw in the very batch of the execution's end", async () => {
    const batches: (readonly RequesterWrite[])[] = [];
    net = await testNetwork([{}]);
    const commit = net.store.commit.bind(net.store);
    net.store.commit = (writes, options) => {
      batches.push(writes);
      return commit(writes, options);
    };
    const { jobId } = await net.requester.submit(noopDocument());
    await jobEnd(net.requester, jobId);
    const observed = batches.filter((writes) => writes.some(({ kind }) => kind === "observation"));
    expect(observed).toHaveLength(1);
    const states = observed[0]?.flatMap((write) =>
      write.kind === "execution" ? [write.execution.state] : [],
    );
    expect(states).toEqual(["verified"]);
  });

  test("refuses a job that names a strategy it doesn't have", async () => {
    net = await testNetwork([]);
    const submitted = net.requester.submit(noopDocument({ Deal: { Selection: "auction" } }));
    await expect(submitted).rejects.toMatchObject({
      code: "protocol/invalid-document",
      field: "Deal.Selection",
      message: expect.stringContaining('"auction"'),
    });
  });

  test("gives a job's nodes by the strategy that was handed in and that the job names", async () => {
    const byName = {
      type: "by-name",
      compare: (a: { readonly nodeId: string }, b: { readonly nodeId: string }) =>
        a.nodeId < b.nodeId ? 1 : -1,
    };
    net = await testNetwork([{}, {}, {}, {}], {}, { strategies: new Map([["by-name", byName]]) });
    const { jobId } = await net.requester.submit(noopDocument({ Deal: { Selection: "By-Name" } }));
    const { executions } = await jobEnd(net.requester, jobId);
    expect(executions.map(({ nodeId }) => nodeId)).toEqual(["node-3", "node-2", "node-1"]);
    expect(executions.find(({ engaged }) => engaged)?.nodeId).toBe("node-3");
  });
});
