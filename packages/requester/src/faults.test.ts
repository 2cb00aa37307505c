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
