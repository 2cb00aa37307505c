import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { noise } from "@chainsafe/libp2p-noise";
import { yamux } from "@chainsafe/libp2p-yamux";
import { describeResults, type Randomness, type Spec } from "@gadus/protocol";
import { describePublisher } from "@gadus/publisher/conformance";
import { createIpfsPublisher } from "@gadus/publisher/ipfs";
import { createLocalPublisher } from "@gadus/publisher/local";
import { createMemoryPublisher } from "@gadus/publisher/memory";
import { openDiskBlocks } from "@gadus/storage/disk-blocks";
import { startHelia } from "@gadus/storage/helia";
import { createServedContent } from "@gadus/storage/helia-content";
import { createIpfsSource } from "@gadus/storage/ipfs";
import { createMemoryContent, createMemorySwarm, memoryVolume } from "@gadus/storage/memory";
import { openDiskScratch } from "@gadus/storage/scratch-disk";
import { identify } from "@libp2p/identify";
import { tcp } from "@libp2p/tcp";
import { createLibp2p } from "libp2p";
import { expect, onTestFinished, test } from "vitest";

const randomness: Randomness = { bytes: (count) => Uint8Array.from(randomBytes(count)) };

async function startNode() {
  const path = await mkdtemp(join(tmpdir(), "gadus-publish-"));
  const libp2p = await createLibp2p({
    addresses: { listen: ["/ip4/127.0.0.1/tcp/0"] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    services: { identify: identify() },
  });
  const blocks = await openDiskBlocks(join(path, "blocks"));
  const helia = await startHelia({ libp2p, blocks, blockTimeoutMs: 500 });
  const content = createServedContent(blocks, (cid, options) => helia.get(cid, options));
  const stop = async (): Promise<void> => {
    await helia.stop();
    await libp2p.stop();
    await blocks.close();
    await rm(path, { recursive: true });
  };
  return { path, libp2p, helia, content, stop };
}

async function startPair() {
  const [compute, requester] = [await startNode(), await startNode()];
  await requester.libp2p.dial(compute.libp2p.getMultiaddrs());
  const stop = async (): Promise<void> => {
    // One after the other: two that hang up at once wait for each other.
    await requester.stop();
    await compute.stop();
  };
  return { compute, requester, stop };
}

const inIpfs = (cid: string): Spec => ({ type: "ipfs", params: { cid } });

describePublisher("ipfs", async () => {
  const { compute, requester, stop } = await startPair();
  return {
    compute: createIpfsPublisher({ content: compute.content, randomness }),
    requester: createIpfsPublisher({ content: requester.content, randomness }),
    locationOf: inIpfs,
    close: stop,
  };
});

describePublisher("ipfs that fetches all", async () => {
  const { compute, requester, stop } = await startPair();
  return {
    compute: createIpfsPublisher({ content: compute.content, randomness }),
    requester: createIpfsPublisher({ content: requester.content, randomness, full: true }),
    locationOf: inIpfs,
    close: stop,
  };
});

describePublisher("local", async () => {
  const { compute, requester, stop } = await startPair();
  const urlOf = (cid: string) => `http://192.0.2.1/results/${cid}.tar.gz`;
  const links = {
    urlOf: async (cid: string) => urlOf(cid),
    outOfReach: () => undefined,
    refuseUrl: (url: string, { cid }: { readonly cid: string }) =>
      url === urlOf(cid) ? undefined : "it is no link",
  };
  return {
    compute: createLocalPublisher({ content: compute.content, randomness, ...links }),
    requester: createLocalPublisher({ content: requester.content, randomness, ...links }),
    locationOf: (cid) => ({ type: "urlDownload", params: { url: urlOf(cid), cid } }),
    close: stop,
  };
});

describePublisher("memory", async () => {
  const swarm = createMemorySwarm();
  const publisher = () => createMemoryPublisher({ content: createMemoryContent(swarm).served, randomness });
  return {
    compute: publisher(),
    requester: publisher(),
    locationOf: (cid) => ({ type: "memory", params: { cid } }),
  };
});

test("results can't be had over bitswap before they are published, and can after", async () => {
  const { compute, requester, stop } = await startPair();
  onTestFinished(stop);
  const scratch = await (await openDiskScratch(join(compute.path, "scratch"))).create("e-1");
  await scratch.write("stdout", new TextEncoder().encode("Hello, world!\n"));
  await scratch.write("stderr", new Uint8Array(0));
  await scratch.write("exitCode", new TextEncoder().encode("0"));
  await scratch.sync();
  const tree = await describeResults(scratch);
  const source = createIpfsSource(requester.helia);
  const location = { type: "ipfs", params: { cid: tree.cid } };
  await expect(source.open(location)).rejects.toMatchObject({ code: "storage/not-found" });
  const publisher = createIpfsPublisher({ content: compute.content, randomness });
  await publisher.publish({ executionId: "e-1", results: scratch, tree, params: {} });
  const volume = await source.open(location);
  expect(new TextDecoder().decode(await volume.read("stdout", 0, 100))).toBe("Hello, world!\n");
});

test("a publication is announced by its root, once it is durable", async () => {
  const { compute, stop } = await startPair();
  onTestFinished(stop);
  const announced: string[] = [];
  const publisher = createIpfsPublisher({
    content: compute.content,
    randomness,
    announce: (cid) => announced.push(cid),
  });
  const results = memoryVolume({ stdout: "x" });
  const tree = await describeResults(results);
  await publisher.publish({ executionId: "e-1", results, tree, params: {} });
  expect(announced).toEqual([tree.cid]);
});
