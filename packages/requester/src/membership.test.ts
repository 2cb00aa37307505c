import { afterEach, expect, test } from "vitest";
import { jobEnd, testNetwork } from "./test-network.ts";

const JOB = {
  Tasks: [{ Engine: { Type: "noop" }, Publisher: { Type: "memory" } }],
  Verifier: { Type: "none" },
};

let stop = async (): Promise<void> => {};
afterEach(() => stop());

async function network(...parameters: Parameters<typeof testNetwork>) {
  const started = await testNetwork(...parameters);
  stop = started.stop;
  return started;
}

const waiting = { Tasks: [{ ...JOB.Tasks[0], Timeouts: { QueueTimeout: 600 } }], Verifier: JOB.Verifier };

test("a node that must be approved gets no job before it is, and the one that waits for it then", async () => {
  const { requester, nodes } = await network([{}], { membership: "approve" });
  const name = nodes[0]?.name ?? "";
  expect(requester.nodes().find(({ nodeId }) => nodeId === name)?.membership).toBe("pending");
  const { jobId } = await requester.submit(waiting);
  expect((await requester.job(jobId)).job.waiting).toContain("not approved yet by this requester's operator");
  expect(nodes[0]?.heard).toEqual([]);
  await requester.decideMembership(name, "approved", "it is ours");
  expect((await jobEnd(requester, jobId)).job.status).toBe("Completed");
});

test("a node that was rejected gets no jobs, also after a restart, until it is approved or forgotten", async () => {
  const { requester, newRequester, nodes } = await network([{}]);
  const name = nodes[0]?.name ?? "";
  await requester.decideMembership(name, "rejected");
  const { jobId } = await requester.submit(JOB);
  const { job } = await jobEnd(requester, jobId);
  expect(job.failure?.message).toContain("1 rejected by this requester's operator");
  expect(nodes[0]?.heard).toEqual([]);
  expect(await requester.forgetNode(name)).toBe(false);
  await requester.stop();
  const again = newRequester();
  await again.start();
  const membership = () => again.nodes().find(({ nodeId }) => nodeId === name)?.membership;
  expect(membership()).toBe("rejected");
  await nodes[0]?.transport.stop();
  await expect.poll(() => again.forgetNode(name)).toBe(true);
  expect(membership()).toBeUndefined();
  await again.stop();
});
