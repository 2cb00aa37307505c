import type { Message, MessageOf } from "@gadus/protocol";
import { afterEach, describe, expect, test } from "vitest";
import { eventOf, jobEnd, type Script, testNetwork } from "./test-network.ts";
import { noopDocument } from "./test-records.ts";

type Net = Awaited<ReturnType<typeof testNetwork>>;
let net: Net | undefined;
afterEach(async () => {
  await net?.stop();
  net = undefined;
});

type Standings = MessageOf<"sync">["executions"];

function syncOf(executions: Standings): Message {
  return { type: "sync", party: "compute", executions };
}

/** What node 0 is told after it says `message`, once `isIt` is among it. */
async function answerTo<T extends Message["type"]>(
  { nodes }: Net,
  message: Message,
  type: T,
): Promise<MessageOf<T>> {
  const node = nodes[0];
  node?.heard.splice(0);
  node?.say("requester", message);
  const find = () => node?.heard.find((heard): heard is MessageOf<T> => heard.type === type);
  await expect.poll(find).toBeDefined();
  return find() as MessageOf<T>;
}

/** A job that its owner stops after the verdict, before the node has published: its execution's id. */
async function stopBeforePublication(script: Script = { publishes: "silent" }): Promise<string> {
  net = await testNetwork([script]);
  const verified = eventOf(net.requester, "execution/verified");
  const { jobId } = await net.requester.submit(noopDocument());
  await verified;
  await net.requester.stopJob(jobId, "enough");
  const view = await jobEnd(net.requester, jobId);
  expect([view.job.status, view.executions[0]?.state]).toEqual(["Stopped", "cancelled"]);
  return view.executions[0]?.id ?? "";
}

describe("a job that is stopped before its publication was heard of", () => {
  test("ends cancelled, and whoever tells of the publication in a sync is told so", async () => {
    const id = await stopBeforePublication();
    const answer = await answerTo(net as Net, syncOf([{ id, state: "published" }]), "cancel");
    expect(answer).toMatchObject({ executionId: id, code: "requester/stopped-by-owner", reason: "enough" });
  });

  test("ends cancelled, and whoever publishes it later is told so", async () => {
    const executionId = await stopBeforePublication();
    const publication = { type: "memory", params: {} };
    const publish: Message = { type: "publish", executionId, publication, blocks: [] };
    expect(await answerTo(net as Net, publish, "cancel")).toMatchObject({
      executionId,
      code: "requester/stopped-by-owner",
    });
  });

  test("ends cancelled for a requester that was started again since", async () => {
    const id = await stopBeforePublication();
    await net?.requester.stop();
    const again = net?.newRequester();
    await again?.start();
    const answer = await answerTo(net as Net, syncOf([{ id, state: "published" }]), "cancel");
    expect(answer.code).toBe("requester/stopped-by-owner");
    await again?.stop();
  });
});

describe("a node that tells of an execution that is over", () => {
  test("hears that its publication was taken only once a power loss can't take that back", async () => {
    net = await testNetwork([{}]);
    const { jobId } = await net.requester.submit(noopDocument());
    const { executions } = await jobEnd(net.requester, jobId);
    const { store, nodes } = net;
    const heardBySync: unknown[] = [];
    const commit = store.commit.bind(store);
    store.commit = async (writes, options) => {
      const told = nodes[0]?.heard.some(({ type }) => type === "sync");
      heardBySync.push([writes.length, options?.durable, told]);
      return commit(writes, options);
    };
    await answerTo(net, syncOf([{ id: executions[0]?.id ?? "", state: "published" }]), "sync");
    expect(heardBySync).toEqual([[0, true, false]]);
  });

  test("hears that its publication was taken", async () => {
    net = await testNetwork([{}]);
    const { jobId } = await net.requester.submit(noopDocument());
    const id = (await jobEnd(net.requester, jobId)).executions[0]?.id ?? "";
    const answer = await answerTo(net, syncOf([{ id, state: "published" }]), "sync");
    expect(answer).toEqual({ type: "sync", party: "requester", executions: [{ id, state: "published" }] });
  });

  test("hears the verdict again where it was refuted", async () => {
    net = await testNetwork([{ output: "a lie" }, {}, {}]);
    const { jobId } = await net.requester.submit(noopDocument({ Deal: { Concurrency: 3 } }));
    const { executions } = await jobEnd(net.requester, jobId);
    const id = executions.find(({ state }) => state === "refuted")?.id ?? "";
    const answer = await answerTo(net, syncOf([{ id, state: "proposed" }]), "refute");
    expect(answer.executionId).toBe(id);
  });

  test("hears that it is lost where it is another's, or nobody knows it", async () => {
    net = await testNetwork([{ bids: "decline" }, {}]);
    const { jobId } = await net.requester.submit(noopDocument());
    const { executions } = await jobEnd(net.requester, jobId);
    const id = executions.find(({ state }) => state === "published")?.id ?? "";
    for (const executionId of [id, "e-unknown"]) {
      const answer = await answerTo(net, syncOf([{ id: executionId, state: "published" }]), "cancel");
      expect(answer).toMatchObject({ executionId, code: "requester/lost-execution" });
    }
  });

  test("is asked for the publication where that message was lost", async () => {
    const verified = Promise.withResolvers<void>();
    net = await testNetwork([{ publishes: "silent" }]);
    const unsubscribe = net.requester.onEvent(({ topic }) => {
      if (topic === "execution/verified") verified.resolve();
    });
    const { jobId } = await net.requester.submit(noopDocument());
    await verified.promise;
    unsubscribe();
    const id = (await net.requester.job(jobId)).executions[0]?.id ?? "";
    const answer = await answerTo(net, syncOf([{ id, state: "published" }]), "sync");
    expect(answer.executions).toEqual([{ id, state: "verified" }]);
  });

  test("too many times at once is answered as far as the limit goes", async () => {
    net = await testNetwork([{}]);
    const node = net.nodes[0];
    const looked = new Set<string>();
    const gate = Promise.withResolvers<void>();
    net.store.execution = async (id) => {
      looked.add(id);
      await gate.promise;
      return undefined;
    };
    for (let sync = 0; sync < 5; sync += 1) {
      const ids = Array.from({ length: 2000 }, (_, index) => `e-${sync}-${index}`);
      node?.say("requester", syncOf(ids.map((id) => ({ id, state: "published" }))));
    }
    await expect.poll(() => looked.size).toBe(1);
    gate.resolve();
    const last = (): number => node?.heard.filter(({ type }) => type === "cancel").length ?? 0;
    await expect.poll(last).toBeGreaterThanOrEqual(4000);
    expect(looked.size).toBeLessThanOrEqual(4001);
  });
});
