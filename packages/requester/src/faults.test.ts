import type { Message } from "@gadus/protocol";
import { afterEach, describe, expect, test } from "vitest";
import { eventOf, jobEnd, refuseOnce, type Script, testNetwork } from "./test-network.ts";
import { noopDocument } from "./test-records.ts";

const honest: Script = {};
type Net = Awaited<ReturnType<typeof testNetwork>>;
let net: Net | undefined;
afterEach(async () => {
  await net?.stop();
  net = undefined;
});

describe("a requester whose store refuses a write once", () => {
  test("still writes the verdict", async () => {
    net = await testNetwork([honest]);
    const refused = refuseOnce(net.store, (writes) =>
      writes.some((write) => write.kind === "partition" && write.partition.verdict !== undefined),
    );
    const { jobId } = await net.requester.submit(noopDocument());
    await refused;
    const view = await jobEnd(net.requester, jobId);
    expect([view.job.status, view.job.failure?.message]).toEqual(["Completed", undefined]);
  });

  test("still has the publication checked", async () => {
    net = await testNetwork([honest]);
    const refused = refuseOnce(net.store, (writes) =>
      writes.some((write) => write.kind === "execution" && write.execution.state === "published"),
    );
    const { jobId } = await net.requester.submit(noopDocument());
    await refused;
    const view = await jobEnd(net.requester, jobId);
    expect([view.job.status, view.job.failure?.message]).toEqual(["Completed", undefined]);
  });
});

test("what an owner stops stays stopped after a power loss", async () => {
  net = await testNetwork([{ runs: "silent" }]);
  const accepted = eventOf(net.requester, "execution/accepted");
  const { jobId } = await net.requester.submit(noopDocument());
  await accepted;
  const { store } = net;
  const durable: (boolean | undefined)[] = [];
  const commit = store.commit.bind(store);
  store.commit = async (writes, options) => {
    if (writes.some((write) => write.kind === "job" && write.job.desired === "stop")) {
      durable.push(options?.durable);
    }
    return commit(writes, options);
  };
  await net.requester.stopJob(jobId, "enough");
  expect(durable[0]).toBe(true);
});

test("a stop is answered once the end that is in its way survives a power loss", async () => {
  net = await testNetwork([{ runs: "yes" }]);
  const { jobId } = await net.requester.submit(noopDocument());
  await jobEnd(net.requester, jobId);
  const { store } = net;
  const commits: unknown[] = [];
  const commit = store.commit.bind(store);
  store.commit = async (writes, options) => {
    const seqs = await commit(writes, options);
    commits.push([writes.length, options?.durable]);
    return seqs;
  };
  await net.requester.stopJob(jobId, "too late");
  expect(commits).toEqual([[0, true]]);
});

test("a node that tells of its executions while the jobs are still being read keeps them", async () => {
  net = await testNetwork([{ runs: "silent" }]);
  const accepted = eventOf(net.requester, "execution/accepted");
  const { jobId } = await net.requester.submit(noopDocument());
  await accepted;
  const id = (await net.requester.job(jobId)).executions[0]?.id ?? "";
  await net.requester.stop();

  const { store, nodes } = net;
  const heard = Promise.withResolvers<void>();
  net.transport.on({ message: (_, { type }) => type === "sync" && heard.resolve() });
  const liveJobs = store.liveJobs.bind(store);
  store.liveJobs = async function* (options) {
    nodes[0]?.say("requester", { type: "sync", party: "compute", executions: [{ id, state: "running" }] });
    await heard.promise;
    yield* liveJobs(options);
  };
  const again = net.newRequester();
  await again.start();
  // This comes last of all that is sent to the node.
  await expect.poll(() => nodes[0]?.heard.at(-1)?.type).toBe("sync");
  expect(nodes[0]?.heard.filter(({ type }) => type === "cancel")).toEqual([]);
  await again.stop();
});

test("a message that was lost while its node stayed connected is asked for again", async () => {
  let lost: Message | undefined;
  const forgetful: Script = {
    tamper: (message) => {
      if (message.type !== "propose" || lost !== undefined) return message;
      lost = message;
      return undefined;
    },
  };
  net = await testNetwork([forgetful], { syncIntervalMs: 20 });
  net.nodes[0]?.transport.on({
    message: (from, message) => {
      const isBehind = message.type === "sync" && message.executions.some(({ state }) => state === "running");
      if (isBehind && lost !== undefined) net?.nodes[0]?.say(from, lost);
    },
  });
  const { jobId } = await net.requester.submit(noopDocument());
  const view = await jobEnd(net.requester, jobId);
  expect([view.job.status, view.job.failure?.message]).toEqual(["Completed", undefined]);
});

test("a job that is submitted while the requester is being stopped is refused, not half taken", async () => {
  net = await testNetwork([honest]);
  const submitted = net.requester.submit(noopDocument());
  await net.requester.stop();
  await expect(submitted).rejects.toMatchObject({ code: "requester/stopped" });
  expect((await net.store.listJobs({ orderBy: "created_at", reverse: false, limit: 1 })).items).toEqual([]);
});

const queueing = {
  Tasks: [
    {
      Engine: { Type: "noop" },
      Publisher: { Type: "memory" },
      Timeouts: { QueueTimeout: 60, StartTimeout: 300 },
    },
  ],
};

describe("a job whose node goes away", () => {
  // Less than the time after which it would be looked at anyway.
  const unasked = { timeout: 10_000 };

  test("waits for another when it is gone for too long, and is placed when that joins", unasked, async () => {
    net = await testNetwork([{ runs: "silent" }], { suspectAfterMs: 20 });
    const accepted = eventOf(net.requester, "execution/accepted");
    const { jobId } = await net.requester.submit(noopDocument(queueing));
    await accepted;
    const waiting = eventOf(net.requester, "job/waiting");
    await net.nodes[0]?.transport.stop();
    await waiting;
    const { job, executions } = await net.requester.job(jobId);
    expect(executions).toMatchObject([{ state: "failed", failure: { code: "requester/node-lost" } }]);
    expect(job.waiting).toContain("0 of the 1 nodes needed can run it");
    await net.addNode(honest);
    const view = await jobEnd(net.requester, jobId);
    expect([view.job.status, view.job.failure?.message]).toEqual(["Completed", undefined]);
    expect(view.executions.map(({ nodeId, state }) => [nodeId, state])).toEqual([
      ["node-0", "failed"],
      ["node-1", "published"],
    ]);
  });

  test("keeps its execution when the node is back in time", async () => {
    net = await testNetwork([{ runs: "silent" }, { bids: "decline" }], { suspectAfterMs: 60_000 });
    const accepted = eventOf(net.requester, "execution/accepted");
    const { jobId } = await net.requester.submit(noopDocument());
    await accepted;
    const [node] = net.nodes;
    await node?.transport.stop();
    const heardBefore = node?.heard.length ?? 0;
    await node?.transport.start();
    await node?.transport.dial(net.home);
    const heardSince = () => node?.heard.slice(heardBefore).map(({ type }) => type);
    await expect.poll(heardSince).toContain("sync");
    expect(heardSince()).not.toContain("cancel");
    expect((await net.requester.job(jobId)).executions.find(({ nodeId }) => nodeId === "node-0")?.state).toBe(
      "accepted",
    );
  });

  test("is placed again by a requester that comes back while the node doesn't", async () => {
    net = await testNetwork([{ runs: "silent" }, { bids: "full" }], { settleMs: 30, suspectAfterMs: 10 });
    const accepted = eventOf(net.requester, "execution/accepted");
    const { jobId } = await net.requester.submit(noopDocument(queueing));
    await accepted;
    await net.requester.stop();
    await net.nodes[0]?.transport.stop();
    const again = net.newRequester();
    const failed = eventOf(again, "execution/failed");
    await again.start();
    await failed;
    const { executions } = await again.job(jobId);
    const lost = executions.find(({ nodeId }) => nodeId === "node-0");
    expect(lost?.failure?.code).toBe("requester/node-lost");
    await again.stop();
  });
});

test("a node that was full is asked again, and takes what it has room for by then", async () => {
  let asks = 0;
  const soon: Script = {
    get bids() {
      asks += 1;
      return asks > 4 ? "yes" : "full";
    },
  };
  net = await testNetwork([soon], { reaskBackoffMs: 5 });
  const { jobId } = await net.requester.submit(noopDocument(queueing));
  const view = await jobEnd(net.requester, jobId);
  expect([view.job.status, view.job.failure?.message]).toEqual(["Completed", undefined]);
  expect(view.job.waiting).toBeUndefined();
  expect(view.executions.at(-1)?.state).toBe("published");
  expect(view.executions.length).toBeGreaterThan(1);
});

test("what a node is told carries the job's own time-outs", async () => {
  net = await testNetwork([honest]);
  const timeouts = {
    BidTimeout: 11,
    StartTimeout: 20,
    ExecutionTimeout: 300,
    ProposeTimeout: 4_000,
    PublishTimeout: 55,
  };
  const { jobId } = await net.requester.submit(
    noopDocument({
      Tasks: [{ Engine: { Type: "noop" }, Publisher: { Type: "memory" }, Timeouts: timeouts }],
    }),
  );
  await jobEnd(net.requester, jobId);
  const heard = net.nodes[0]?.heard ?? [];
  expect(heard.find(({ type }) => type === "ask")).toMatchObject({ answerWithinMs: 11_000 });
  expect(heard.find(({ type }) => type === "accept")).toMatchObject({ proposeWithinMs: 4_320_000 });
  expect(heard.find(({ type }) => type === "verify")).toMatchObject({ publishWithinMs: 55_000 });
});

test("a listener that fails doesn't keep a job from going on", async () => {
  net = await testNetwork([honest]);
  net.requester.onEvent(() => {
    throw new Error("the client is gone");
  });
  const { jobId } = await net.requester.submit(noopDocument());
  const view = await jobEnd(net.requester, jobId);
  expect([view.job.status, view.job.failure?.message]).toEqual(["Completed", undefined]);
});
