import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { noise } from "@chainsafe/libp2p-noise";
import { yamux } from "@chainsafe/libp2p-yamux";
import { importResults } from "@gadus/protocol";
import { identify } from "@libp2p/identify";
import type { Libp2p } from "@libp2p/interface";
import { tcp } from "@libp2p/tcp";
import { CarReader } from "@ipld/car";
import { createLibp2p } from "libp2p";
import { CID } from "multiformats/cid";
import { afterAll, describe, expect, onTestFinished, test } from "vitest";
import { describeStorageSource, patternBytes } from "./conformance.ts";
import { openDiskBlocks, type DiskBlocks } from "./disk-blocks.ts";
import { type HeliaNode, type ProviderRouter, startHelia } from "./helia.ts";
import { createPinnedContent, createServedContent, exportCar } from "./helia-content.ts";
import { createIpfsSource } from "./ipfs.ts";
import { memoryVolume } from "./memory.ts";
import { toArray } from "./to-array.ts";
import { verifyBlock } from "./verify-block.ts";

const UNKNOWN = "bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy";

interface TestNode {
  readonly path: string;
  readonly libp2p: Libp2p;
  readonly blocks: DiskBlocks;
  readonly helia: HeliaNode;
  stop(): Promise<void>;
}

async function startNode(router?: (libp2p: Libp2p) => ProviderRouter): Promise<TestNode> {
  const path = await mkdtemp(join(tmpdir(), "gadus-helia-"));
  const libp2p: Libp2p = await createLibp2p({
    addresses: { listen: ["/ip4/127.0.0.1/tcp/0"] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    services: { identify: identify() },
  });
  const blocks = await openDiskBlocks(path);
  const options = { libp2p, blocks, blockTimeoutMs: 1000 };
  const helia = await startHelia(router === undefined ? options : { ...options, router: router(libp2p) });
  return {
    path,
    libp2p,
    blocks,
    helia,
    async stop() {
      await helia.stop();
      await libp2p.stop();
      await blocks.close();
      await rm(path, { recursive: true });
    },
  };
}

/** Two nodes over loopback TCP, the second connected to the first. */
async function startPair(): Promise<[TestNode, TestNode]> {
  const pair: [TestNode, TestNode] = [await startNode(), await startNode()];
  await pair[1].libp2p.dial(pair[0].libp2p.getMultiaddrs());
  return pair;
}

async function newPair(): Promise<[TestNode, TestNode]> {
  const pair = await startPair();
  onTestFinished(async () => {
    // One after the other: two that hang up at once wait for each other.
    for (const node of pair) await node.stop();
  });
  return pair;
}

const FOLDER = memoryVolume({ "a.txt": "alpha", "b/deep.txt": "deep", "b/empty": "" });

/** One pair for the whole contract: to start one takes longer than to use it. */
const shared = startPair();
afterAll(async () => {
  for (const node of await shared) await node.stop();
});

describeStorageSource("ipfs from another node", { folders: true, seesMissing: false }, async () => {
  const [server, client] = await shared;
  const folder = await server.blocks.pin(async (sink) => ({
    reason: "folder",
    cid: (await importResults(FOLDER, sink)).cid,
  }));
  const file = await createPinnedContent(server.blocks).add(patternBytes(2_500_000));
  return {
    source: createIpfsSource(client.helia),
    folder: { type: "ipfs", params: { cid: folder.cid } },
    file: { type: "ipfs", params: { cid: file.cid } },
    fileBytes: file.sizeBytes,
    missing: { type: "ipfs", params: { cid: UNKNOWN } },
  };
});

describe("ipfs source", () => {
  test("a block that the disk has spoilt is fetched again from a node that has it, and is an error where none has", async () => {
    const [server, client] = await newPair();
    const { cid } = await createPinnedContent(server.blocks).add(patternBytes(2_500_000));
    // Not fetched from the other: bitswap sends no block twice within some seconds.
    await createPinnedContent(client.blocks).add(patternBytes(2_500_000));
    const spec = { type: "ipfs", params: { cid } };
    const spoil = async (node: TestNode): Promise<void> => {
      for (const name of await readdir(join(node.path, "large"), { recursive: true })) {
        const path = join(node.path, "large", name);
        if ((await stat(path)).isFile()) await writeFile(path, (await readFile(path)).fill(7, 1000, 1001));
      }
    };
    await spoil(client);
    const whole = await (await createIpfsSource(client.helia).open(spec)).read("", 0, 2_500_000);
    expect(Buffer.from(whole).equals(patternBytes(2_500_000))).toBe(true);
    await spoil(client);
    await spoil(server);
    const volume = await createIpfsSource(client.helia).open(spec);
    await expect(volume.read("", 0, 1000)).rejects.toMatchObject({
      code: "storage/not-found",
      blame: "nobody",
    });
  });

  test("read() fetches only the blocks that hold what is read", async () => {
    const [server, client] = await newPair();
    const { cid } = await createPinnedContent(server.blocks).add(patternBytes(5_000_000));
    const volume = await createIpfsSource(client.helia).open({ type: "ipfs", params: { cid } });
    expect(
      Buffer.from(await volume.read("", 2_500_000, 10)).equals(patternBytes(2_500_010).subarray(-10)),
    ).toBe(true);
    const fetched = [];
    for await (const { cid: kept } of client.blocks.blockstore.getAll()) fetched.push(kept);
    expect(fetched).toHaveLength(2);
  });

  test("open() says which CID no connected peer has, once the time is over", async () => {
    const [, client] = await newPair();
    const opened = createIpfsSource(client.helia).open({ type: "ipfs", params: { cid: UNKNOWN } });
    await expect(opened).rejects.toMatchObject({
      code: "storage/not-found",
      message: `Cannot fetch block "${UNKNOWN}": no connected peer has it (1 asked, for 1 s)`,
    });
  });

  test("check() of a broken or missing CID names what is wrong", async () => {
    const [, client] = await newPair();
    const source = createIpfsSource(client.helia);
    for (const params of [{}, { cid: "nonsense" }]) {
      await expect(source.open({ type: "ipfs", params })).rejects.toMatchObject({
        code: "storage/invalid-source",
      });
      expect(await source.check({ type: "ipfs", params })).toMatchObject({ available: false });
    }
  });
});

describe("startHelia()", () => {
  test("many callers of get() for one block share one fetch", async () => {
    const [server, client] = await newPair();
    const { cid } = await createPinnedContent(server.blocks).add(patternBytes(900_000));
    const got = await Promise.all(Array.from({ length: 20 }, () => client.helia.get(CID.parse(cid))));
    const expected = patternBytes(900_000);
    expect(got.every((bytes) => Buffer.from(bytes).equals(expected))).toBe(true);
  });

  test("get() finds a block soon after it was given up", async () => {
    const [server, client] = await newPair();
    const wanted = CID.parse((await createPinnedContent(server.blocks).add(patternBytes(10))).cid);
    const reason = new Error("no longer wanted");
    const controller = new AbortController();
    const given = client.helia.get(wanted, { signal: controller.signal });
    controller.abort(reason);
    await expect(given).rejects.toBe(reason);
    expect(await client.helia.get(wanted)).toEqual(patternBytes(10));
  });

  test("get() of one caller goes on when another gives up", async () => {
    const [server, client] = await newPair();
    const wanted = CID.parse((await createPinnedContent(server.blocks).add(patternBytes(10))).cid);
    const controller = new AbortController();
    const [given, kept] = [client.helia.get(wanted, { signal: controller.signal }), client.helia.get(wanted)];
    controller.abort(new Error("no longer wanted"));
    await expect(given).rejects.toThrow("no longer wanted");
    expect(await kept).toEqual(patternBytes(10));
  });

  test("get() asks whom the router finds", async () => {
    const server = await startNode();
    const client = await startNode(() => ({
      async *findProviders() {
        yield { id: server.libp2p.peerId, multiaddrs: server.libp2p.getMultiaddrs() };
      },
    }));
    onTestFinished(async () => {
      await client.stop();
      await server.stop();
    });
    const { cid } = await createPinnedContent(server.blocks).add(patternBytes(10));
    expect(client.libp2p.getPeers()).toHaveLength(0);
    expect(await client.helia.get(CID.parse(cid))).toEqual(patternBytes(10));
  });

  test("what a pin that failed had put can't be had", async () => {
    const [server, client] = await newPair();
    const served = createServedContent(server.blocks, (cid, options) => server.helia.get(cid, options));
    const secret = memoryVolume({ stdout: "not verified", table: patternBytes(200_000) });
    const put: CID[] = [];
    const failing = served.pin(async (sink) => {
      await importResults(secret, {
        async put(cid, bytes) {
          put.push(cid);
          return sink.put(cid, bytes);
        },
      });
      throw new Error("refuted");
    });
    await expect(failing).rejects.toThrow("refuted");
    expect(put).toHaveLength(3);
    const fetched = await Promise.allSettled(put.map((cid) => client.helia.get(cid)));
    expect(fetched.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
  });

  test("stop() leaves libp2p running", async () => {
    const [server, client] = await newPair();
    await client.helia.stop();
    expect(client.libp2p.status).toBe("started");
    expect(client.libp2p.getPeers().map(String)).toContain(server.libp2p.peerId.toString());
  });
});

test("exportCar() fetches a tree from another node", async () => {
  const [server, client] = await newPair();
  const { cid } = await server.blocks.pin(async (sink) => ({
    reason: "tree",
    cid: (await importResults(memoryVolume({ stdout: "Hello, world!\n", stderr: "", exitCode: "0" }), sink))
      .cid,
  }));
  expect(cid).toBe("bafybeiahgkd7wxdhdbdcmj7ounluc36j6q62chqnnet5gnowmnbsaxplgy");
  const car = await CarReader.fromIterable(exportCar(client.helia, cid));
  const blocks = await toArray(car.blocks());
  expect(blocks.map((block) => block.bytes.length).slice(1)).toEqual(expect.arrayContaining([14, 0, 1]));
  for (const block of blocks) await verifyBlock(block.cid, block.bytes);
});

test("a folder of many entries, spread over blocks, is listed and read", async () => {
  const [server, client] = await newPair();
  const files = Object.fromEntries(
    Array.from({ length: 3000 }, (_, index) => [`a-rather-long-file-name-of-entry-${index}.txt`, "same"]),
  );
  const { cid } = await server.blocks.pin(async (sink) => ({
    reason: "sharded",
    cid: (await importResults(memoryVolume(files), sink)).cid,
  }));
  const volume = await createIpfsSource(client.helia).open({ type: "ipfs", params: { cid } });
  const listed = await toArray(volume.list(""));
  expect(listed.map(({ path }) => path)).toEqual(Object.keys(files).sort((a, b) => (a < b ? -1 : 1)));
  expect(await volume.stat("a-rather-long-file-name-of-entry-2999.txt")).toMatchObject({ sizeBytes: 4 });
});
