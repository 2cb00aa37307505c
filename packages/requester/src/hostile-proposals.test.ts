import { generateSwarmKey, createLibp2pTransport, loadIdentityKey } from "@gadus/transport/libp2p";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join as joinPath } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { clock, jobEnd, type Join, type Script, testNetwork } from "./test-network.ts";
import { noopDocument } from "./test-records.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(joinPath(tmpdir(), "gadus-hostile-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Real libp2p nodes on loopback, in a private network of their own. */
function overLibp2p(): Join {
  const swarmKey = generateSwarmKey();
  return async (name) => {
    const home = await mkdtemp(joinPath(folder, name));
    const key = await loadIdentityKey(home);
    const { transport } = await createLibp2pTransport({
      key,
      listen: ["/ip4/127.0.0.1/tcp/0"],
      swarmKey,
      clock,
    });
    return transport;
  };
}

const THREE = noopDocument({ Deal: { Concurrency: 3, Confidence: 2 } });
const honest: Script = {};

/** Runs one job, of three executions, on two honest nodes and the one to be caught. */
async function runAgainst(caught: Script, others: readonly Script[] = [honest, honest]) {
  const net = await testNetwork([caught, ...others], {}, { join: overLibp2p() });
  try {
    const { jobId } = await net.requester.submit(THREE);
    const view = await jobEnd(net.requester, jobId);
    const culprit = view.executions.find((each) => each.nodeId === net.nodes[0]?.name);
    return { view, culprit };
  } finally {
    await net.stop();
  }
}

describe("over libp2p, a requester refuses", () => {
  test("a proposal that was copied from another node", async () => {
    const copied = Promise.withResolvers<Uint8Array>();
    const victim: Script = {
      tamper: (message) => {
        if (message.type === "propose") copied.resolve(message.sealed);
        return message;
      },
    };
    const thief: Script = {
      tamper: async (message) =>
        message.type === "propose" ? { ...message, sealed: await copied.promise } : message,
    };
    const { view, culprit } = await runAgainst(thief, [victim, honest]);
    expect(view.job.status).toBe("Completed");
    expect(culprit?.state).toBe("failed");
    expect(culprit?.failure?.blame).toBe("node");
    expect(culprit?.failure?.code).toMatch(/^verifier\//);
  });

  test("a proposal that the same node made for another job", async () => {
    const first = Promise.withResolvers<Uint8Array>();
    const replayer: Script = {
      tamper: async (message) => {
        if (message.type !== "propose") return message;
        first.resolve(message.sealed);
        return { ...message, sealed: await first.promise };
      },
    };
    const net = await testNetwork([replayer, honest, honest], {}, { join: overLibp2p() });
    try {
      const before = await net.requester.submit(THREE);
      expect((await jobEnd(net.requester, before.jobId)).job.status).toBe("Completed");
      const { jobId } = await net.requester.submit(THREE);
      const view = await jobEnd(net.requester, jobId);
      const culprit = view.executions.find((each) => each.nodeId === net.nodes[0]?.name);
      expect(view.job.status).toBe("Completed");
      expect(culprit?.failure).toMatchObject({ code: "verifier/wrong-proposal", blame: "node" });
    } finally {
      await net.stop();
    }
  });

  test("a right digest with another CID", async () => {
    const other = "bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354";
    const { view, culprit } = await runAgainst({ proposes: (right) => ({ ...right, cid: other }) });
    expect(view.job.status).toBe("Completed");
    expect(culprit?.state).toBe("refuted");
    expect(culprit?.proposal?.digest).toBe(view.partitions[0]?.verdict?.winner?.digest);
  });

  test("garbage for a proposal", async () => {
    const { view, culprit } = await runAgainst({
      tamper: (message) =>
        message.type === "propose" ? { ...message, sealed: new Uint8Array(300).fill(7) } : message,
    });
    expect(view.job.status).toBe("Completed");
    expect(culprit?.failure).toMatchObject({ code: "verifier/unreadable-proposal", blame: "node" });
  });

  test("a proposal from a stranger to the execution", async () => {
    const sealed = Promise.withResolvers<{ readonly executionId: string; readonly sealed: Uint8Array }>();
    const mute: Script = {
      tamper: (message) => {
        if (message.type !== "propose") return message;
        sealed.resolve(message);
        return undefined;
      },
    };
    const net = await testNetwork([mute, { bids: "decline" }], {}, { join: overLibp2p() });
    try {
      const { jobId } = await net.requester.submit(noopDocument());
      const { executionId, sealed: bytes } = await sealed.promise;
      const stranger = net.nodes[1];
      await stranger?.transport.send(net.transport.identity.nodeId, {
        type: "propose",
        executionId,
        sealed: bytes,
      });
      const isRefused = () =>
        stranger?.heard.some((each) => each.type === "cancel" && each.executionId === executionId);
      await expect.poll(isRefused, { timeout: 10_000 }).toBe(true);
      const execution = (await net.requester.job(jobId)).executions.find((each) => each.id === executionId);
      expect(execution?.state).toBe("running");
    } finally {
      await net.stop();
    }
  });
});
