import * as dagPb from "@ipld/dag-pb";
import { UnixFS } from "ipfs-unixfs";
import { CID } from "multiformats/cid";
import * as raw from "multiformats/codecs/raw";
import { sha256 } from "multiformats/hashes/sha2";
import { expect, test } from "vitest";
import { patternBytes } from "./conformance.ts";
import type { ContentNetwork } from "./content-network.ts";
import { createIpfsSource } from "./ipfs.ts";

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;
/** Links of one block, as profile `unixfs-v1-2025` has them. */
const LINKS = 1024;

/** A network that has one file of 10 GiB, made of the same 64 leaves again and again, and counts what is fetched. */
async function largeFile(): Promise<{
  readonly network: ContentNetwork;
  readonly cid: string;
  readonly fetched: string[];
  readonly leafAt: (offset: number) => Uint8Array;
}> {
  const blocks = new Map<string, Uint8Array>();
  const put = async (codec: number, bytes: Uint8Array): Promise<CID> => {
    const cid = CID.createV1(codec, await sha256.digest(bytes));
    blocks.set(cid.toString(), bytes);
    return cid;
  };
  const node = async (children: readonly CID[], sizeBytes: number): Promise<CID> => {
    const unixfs = new UnixFS({ type: "file", blockSizes: children.map(() => BigInt(sizeBytes)) });
    const links = children.map((Hash) => ({ Name: "", Hash, Tsize: sizeBytes }));
    return put(dagPb.code, dagPb.encode({ Data: unixfs.marshal(), Links: links }));
  };
  const contents = Array.from({ length: 64 }, (_, index) => patternBytes(MIB).fill(index, 0, 8));
  const leaves = await Promise.all(contents.map((bytes) => put(raw.code, bytes)));
  const parts: CID[] = [];
  for (let part = 0; part < 10; part += 1) {
    const turned = Array.from({ length: LINKS }, (_, index) => leaves[(index + part) % 64] as CID);
    parts.push(await node(turned, MIB));
  }
  const root = await node(parts, GIB);
  const fetched: string[] = [];
  return {
    cid: root.toString(),
    fetched,
    network: {
      has: async () => false,
      get: async (cid) => {
        fetched.push(cid.toString());
        return blocks.get(cid.toString()) ?? new Uint8Array(0);
      },
    },
    leafAt: (offset) =>
      contents[(Math.floor(offset / MIB) + Math.floor(offset / GIB)) % 64] ?? new Uint8Array(0),
  };
}

test("1 KB of a file of 10 GiB costs the blocks on the way to it", async () => {
  const { network, cid, fetched, leafAt } = await largeFile();
  const volume = await createIpfsSource(network).open({ type: "ipfs", params: { cid } });
  expect(await volume.stat("")).toEqual({ path: "", kind: "file", sizeBytes: 10 * GIB });
  const offset = 7 * GIB + 3 * MIB + 5000;
  expect(Buffer.from(await volume.read("", offset, 1000)).equals(leafAt(offset).subarray(5000, 6000))).toBe(
    true,
  );
  expect(fetched).toHaveLength(3);
});

test("what is read of one leaf, bit by bit, costs that leaf once", async () => {
  const { network, cid, fetched } = await largeFile();
  const volume = await createIpfsSource(network).open({ type: "ipfs", params: { cid } });
  for (let at = 0; at < MIB; at += 16 * 1024) await volume.read("", at, 16 * 1024);
  expect(fetched).toHaveLength(3);
  await Promise.all([volume.read("", MIB, 1000), volume.read("", MIB + 5000, 1000)]);
  expect(fetched).toHaveLength(4);
});

test("reads anywhere in a file of 10 GiB cost a leaf each, once the way to the leaves is known", async () => {
  const { network, cid, fetched } = await largeFile();
  const volume = await createIpfsSource(network).open({ type: "ipfs", params: { cid } });
  for (let read = 0; read < 300; read += 1) await volume.read("", (read * 982_451_653) % (10 * GIB), 4096);
  const seen = new Map<string, number>();
  for (const block of fetched) seen.set(block, (seen.get(block) ?? 0) + 1);
  // The root and ten parts, once each.
  const parts = [...seen].filter(([block, times]) => CID.parse(block).code === dagPb.code && times === 1);
  expect(parts).toHaveLength(11);
  expect(fetched.length - 11).toBeLessThanOrEqual(300);
});
