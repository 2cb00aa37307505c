import type { Verifier } from "@gadus/verifier";
import { afterEach, describe, expect, test } from "vitest";
import { eventOf, jobEnd, refuseOnce, type Script, testNetwork } from "./test-network.ts";
import { noopDocument } from "./test-records.ts";

type Net = Awaited<ReturnType<typeof testNetwork>>;
let net: Net | undefined;
afterEach(async () => {
  await net?.stop();
  net = undefined;
});

/** A verifier that can't judge the first time. */
function failingOnce(real: Verifier): Verifier {
  let failures = 0;
  return {
    ...real,
    judge: async (evidence, options) => {
      if (failures++ === 0) throw new Error("the judge is away");
      return real.judge(evidence, options);
    },
  };
}

test("a step that fails for another reason than its store is done again, with all that it was about", async () => {
  net = await testNetwork([{}], {}, { verifier: failingOnce });
  const { jobId } = await net.requester.submit(noopDocument());
  const view = await jobEnd(net.requester, jobId);
  expect([view.job.status, view.job.failure?.message]).toEqual(["Completed", undefined]);
  expect(view.executions).toHaveLength(1);
});

describe("a requester that is being stopped", () => {
  const silent: Script = { runs: "silent" };

  test("refuses to stop a job rather than forget that it should", async () => {
    net = await testNetwork([silent]);
    const accepted = eventOf(net.requester, "execution/accepted");
    const { jobId } = await net.requester.submit(noopDocument());
    await accepted;
    const stopped = net.requester.stop();
    const refused = net.requester.stopJob(jobId, "enough");
    await expect(refused).rejects.toMatchObject({ code: "requester/stopped" });
    await stopped;
    expect((await net.store.job(jobId))?.job.desired).toBe("run");
  });
});

test("places taken of a node are given back where the store refuses the step", async () => {
  net = await testNetwork([{ runs: "silent" }]);
  const refused = refuseOnce(net.store, (writes) => writes.some(({ kind }) => kind === "execution"));
  await expect(net.requester.submit(noopDocument())).rejects.toThrow("the disk is full");
  await refused;
  expect(net.requester.nodes().find(({ nodeId }) => nodeId === "node-0")?.taken).toBe(0);
});

test("an ask that a node lets pass counts once where the store refuses the step", async () => {
  net = await testNetwork([{ bids: "silent" }], { bidWindowMs: 30 });
  const refused = refuseOnce(net.store, (writes) =>
    writes.some((write) => write.kind === "execution" && write.execution.state === "failed"),
  );
  const { jobId } = await net.requester.submit(noopDocument());
  await refused;
  await jobEnd(net.requester, jobId);
  expect(net.requester.nodes().find(({ nodeId }) => nodeId === "node-0")?.unanswered).toBe(1);
});
