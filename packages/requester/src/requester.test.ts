import { isTerminal, type Message } from "@gadus/protocol";
import { describe, expect, test } from "vitest";
import type { StoredJob } from "./store.ts";
import { eventOf, jobEnd, type Script, testNetwork } from "./test-network.ts";
import { noopDocument } from "./test-records.ts";

const honest: Script = {};
const liar: Script = { output: "lie" };
const statesOf = (view: StoredJob): readonly string[] => view.executions.map((each) => each.state).toSorted();

async function runJob(scripts: readonly Script[], document: Record<string, unknown> = {}) {
  const net = await testNetwork(scripts);
  const { jobId } = await net.requester.submit(noopDocument(document));
  const view = await jobEnd(net.requester, jobId);
  return { ...net, view };
}

describe("a requester", () => {
  test("places a job on one node, verifies its result and checks what was published", async () => {
    const { view, nodes } = await runJob([honest]);
    expect([view.job.status, view.job.failure?.message]).toEqual(["Completed", undefined]);
    expect(statesOf(view)).toEqual(["published"]);
    expect(view.executions[0]?.publication?.params["cid"]).toBe(nodes[0]?.cid);
  });

  test("accepts as many bids as the deal says, and rejects the rest", async () => {
    const { view } = await runJob([honest, honest, honest, honest], { Deal: { Concurrency: 2 } });
    expect(statesOf(view)).toEqual(["published", "published", "rejected", "rejected"]);
  });

  test("refutes the one that lies among five, and completes the job by the others", async () => {
    const document = { Deal: { Concurrency: 5, Confidence: 3 } };
    const { view } = await runJob([honest, honest, liar, honest, honest], document);
    expect([view.job.status, view.job.failure?.message]).toEqual(["Completed", undefined]);
    const refuted = view.executions.filter((each) => each.state === "refuted");
    expect(refuted.map((each) => each.nodeId)).toEqual(["node-2"]);
    expect(refuted[0]?.failure?.message).toContain("proposals agree, 3 are needed");
  });

  test("is outvoted by three liars that agree where three must agree", async () => {
    const document = { Deal: { Concurrency: 5, Confidence: 3 } };
    const { view, nodes } = await runJob([liar, liar, liar, honest, honest], document);
    expect(view.partitions[0]?.verdict?.winner?.cid).toBe(nodes[0]?.cid);
    expect(view.executions.filter((each) => each.state === "refuted").length).toBe(2);
  });

  test("asks more nodes where nobody wins, and fails with the reason when none is left", async () => {
    const { view } = await runJob([honest, liar], { Deal: { Concurrency: 2 } });
    expect(view.job.status).toBe("Failed");
    expect(view.job.failure?.code).toBe("requester/no-verdict");
    expect(view.executions.every((each) => isTerminal(each.state))).toBe(true);
  });

  test("settles a tie by a further node", async () => {
    const { view } = await runJob([honest, liar, honest, honest, honest], { Deal: { Concurrency: 2 } });
    expect([view.job.status, view.job.failure?.message]).toEqual(["Completed", undefined]);
    expect(view.partitions[0]?.verdict?.winner?.digest).toMatch(/^h1:/);
  });

  test("places a partition elsewhere when its node fails, declines or says nothing", async () => {
    const net = await testNetwork([{ runs: "fail" }, { bids: "decline" }, { bids: "silent" }, honest], {
      bidWindowMs: 50,
    });
    const { jobId } = await net.requester.submit(noopDocument());
    const view = await jobEnd(net.requester, jobId);
    expect([view.job.status, view.job.failure?.message]).toEqual(["Completed", undefined]);
    expect(view.executions.find((each) => each.state === "published")?.nodeId).toBe("node-3");
  });

  test("places an execution elsewhere when its node lets its time pass", async () => {
    const net = await testNetwork([{ runs: "silent" }, honest], { startWithinMs: 50 });
    const { jobId } = await net.requester.submit(noopDocument());
    const view = await jobEnd(net.requester, jobId);
    expect([view.job.status, view.job.failure?.message]).toEqual(["Completed", undefined]);
  });

  test("completes no partition by a publication that is not the verified result", async () => {
    const { view } = await runJob([{ publishes: "other" }, honest, honest], { Deal: { Concurrency: 1 } });
    expect([view.job.status, view.job.failure?.message]).toEqual(["Completed", undefined]);
    const completedBy = view.executions.find((each) => each.id === view.partitions[0]?.completedBy);
    expect(completedBy?.retrievable).toBe(true);
  });

  test("runs each of many partitions", async () => {
    const { view } = await runJob([honest, honest, honest], { Count: 70, Deal: { Concurrency: 2 } });
    expect([view.job.status, view.job.failure?.message]).toEqual(["Completed", undefined]);
    expect(view.partitions.every((each) => each.completedBy !== undefined)).toBe(true);
    expect(view.executions.filter((each) => each.state === "published").length).toBe(140);
  });

  test("fails a job that no node can run, with the counts of reasons", async () => {
    const net = await testNetwork([honest, honest]);
    const { jobId } = await net.requester.submit(noopDocument({ Deal: { Concurrency: 3 } }));
    const view = await jobEnd(net.requester, jobId);
    expect(view.job.failure?.message).toContain(
      "2 of the 3 nodes needed can run it, of 3 known: 1 has yet to announce itself",
    );
  });

  test("tells its listeners of each step in order, once it is durable", async () => {
    const { requester, view } = await runJob([honest]);
    const events = await requester.events({ jobId: view.job.jobId, afterSeq: 0, limit: 100 });
    expect(events.map((event) => event.topic)).toEqual([
      "job/submitted",
      "execution/asked",
      "execution/offered",
      "execution/accepted",
      "job/running",
      "execution/running",
      "execution/proposed",
      "partition/verdict",
      "execution/verified",
      "execution/published",
      "execution/checked",
      "partition/completed",
      "job/completed",
    ]);
  });

  test("ends every execution of a job that its owner stops", async () => {
    const net = await testNetwork([{ runs: "silent" }, { runs: "silent" }]);
    const accepted = eventOf(net.requester, "execution/accepted");
    const { jobId } = await net.requester.submit(noopDocument({ Deal: { Concurrency: 2 } }));
    await accepted;
    await net.requester.stopJob(jobId, "enough");
    const view = await jobEnd(net.requester, jobId);
    expect(view.job.status).toBe("Stopped");
    expect(statesOf(view)).toEqual(["cancelled", "cancelled"]);
  });

  test("takes up its jobs again after a stop and a start", async () => {
    const net = await testNetwork([{ bids: "silent" }]);
    const asked = eventOf(net.requester, "execution/asked");
    const { jobId } = await net.requester.submit(noopDocument());
    await asked;
    await net.requester.stop();
    const again = net.newRequester();
    await again.start();
    await again.stopJob(jobId, "it was taken up");
    const view = await jobEnd(again, jobId);
    expect(view.job.status).toBe("Stopped");
  });
});

describe("a requester that hears hostile answers", () => {
  const stolen = (): { readonly thief: Script; readonly victim: Script } => {
    let sealed: Uint8Array | undefined;
    const victim: Script = {
      tamper: (message) => {
        if (message.type === "propose") sealed = message.sealed;
        return message;
      },
    };
    const thief: Script = {
      tamper: (message: Message) =>
        message.type === "propose" ? { ...message, sealed: sealed ?? message.sealed } : message,
    };
    return { thief, victim };
  };

  test("refuses a proposal that was copied from another node", async () => {
    const { thief, victim } = stolen();
    const { view } = await runJob([victim, thief, honest], { Deal: { Concurrency: 3, Confidence: 1 } });
    const thiefs = view.executions.find((each) => each.nodeId === "node-1");
    expect(["failed", "published"]).toContain(thiefs?.state);
    expect([view.job.status, view.job.failure?.message]).toEqual(["Completed", undefined]);
  });

  test("refuses garbage for a proposal, and blames the node", async () => {
    const garbage: Script = {
      tamper: (message) =>
        message.type === "propose" ? { ...message, sealed: new Uint8Array(200) } : message,
    };
    const { view } = await runJob([garbage, honest, honest], { Deal: { Concurrency: 3, Confidence: 2 } });
    const failed = view.executions.find((each) => each.nodeId === "node-0");
    expect(failed?.failure).toMatchObject({ code: "verifier/unreadable-proposal", blame: "node" });
    expect([view.job.status, view.job.failure?.message]).toEqual(["Completed", undefined]);
  });

  test("takes nothing from a node about another node's execution", async () => {
    const net = await testNetwork([{ runs: "silent" }, { bids: "decline" }]);
    const accepted = eventOf(net.requester, "execution/accepted");
    const { jobId } = await net.requester.submit(noopDocument());
    await accepted;
    const execution = (await net.requester.job(jobId)).executions.find((each) => each.state === "accepted");
    const id = execution?.id ?? "";
    net.nodes[1]?.say("requester", {
      type: "fail",
      executionId: id,
      code: "x/y",
      reason: "forged",
      blame: "job",
    });
    net.nodes[1]?.say("requester", { type: "start", executionId: id });
    const disowned = () =>
      net.nodes[1]?.heard.some((message) => message.type === "cancel" && message.executionId === id);
    await expect.poll(disowned).toBe(true);
    const after = (await net.requester.job(jobId)).executions.find((each) => each.id === id);
    expect(after?.state).toBe("accepted");
  });

  test("takes no result from a node that skips the protocol", async () => {
    const eager: Script = {
      tamper: (message) =>
        message.type === "start"
          ? {
              type: "publish",
              executionId: message.executionId,
              publication: { type: "memory", params: {} },
              blocks: [],
            }
          : message,
    };
    const net = await testNetwork([eager, honest], { startWithinMs: 50 });
    const { jobId } = await net.requester.submit(noopDocument());
    const view = await jobEnd(net.requester, jobId);
    expect(view.executions.find((each) => each.state === "published")?.nodeId).toBe("node-1");
  });
});
