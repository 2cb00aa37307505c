import * as dagPb from "@ipld/dag-pb";
import { UnixFS } from "ipfs-unixfs";
import { CID } from "multiformats/cid";
import * as raw from "multiformats/codecs/raw";
import { sha256 } from "multiformats/hashes/sha2";
import { expect, test } from "vitest";
import { toArray } from "./to-array.ts";
import { createUnixfsVolume } from "./unixfs-volume.ts";

test("a folder whose parts share parts, again and again, is refused at once", async () => {
  const blocks = new Map<string, Uint8Array>();
  const keep = async (links: dagPb.PBLink[]): Promise<CID> => {
    const unixfs = new UnixFS({ type: "hamt-sharded-directory", fanout: 256n, hashType: 0x22n });
    const bytes = dagPb.encode(dagPb.prepare({ Data: unixfs.marshal(), Links: links }));
    const cid = CID.createV1(dagPb.code, await sha256.digest(bytes));
    blocks.set(cid.toString(), bytes);
    return cid;
  };
  let cid = await keep([]);
  for (let depth = 0; depth < 30; depth += 1) {
    const names = Array.from({ length: 16 }, (_, index) => `0${index.toString(16).toUpperCase()}`);
    const part = cid;
    cid = await keep(names.map((Name) => ({ Name, Hash: part, Tsize: 1 })));
  }
  const volume = createUnixfsVolume(cid, async (wanted) => blocks.get(wanted.toString()) ?? new Uint8Array());
  await expect(toArray(volume.list(""))).rejects.toMatchObject({ code: "storage/not-readable" });
});

test("a folder with one name in two parts is refused, whichever part comes first", async () => {
  const blocks = new Map<string, Uint8Array>();
  const keep = async (bytes: Uint8Array, code: number): Promise<CID> => {
    const cid = CID.createV1(code, await sha256.digest(bytes));
    blocks.set(cid.toString(), bytes);
    return cid;
  };
  const shard = (links: dagPb.PBLink[]): Promise<CID> => {
    const unixfs = new UnixFS({ type: "hamt-sharded-directory", fanout: 256n, hashType: 0x22n });
    return keep(dagPb.encode(dagPb.prepare({ Data: unixfs.marshal(), Links: links })), dagPb.code);
  };
  const file = (text: string): Promise<CID> => keep(new TextEncoder().encode(text), raw.code);
  const first = await shard([{ Name: "00same", Hash: await file("one"), Tsize: 3 }]);
  const second = await shard([{ Name: "01same", Hash: await file("two"), Tsize: 3 }]);
  const root = await shard([
    { Name: "00", Hash: first, Tsize: 1 },
    { Name: "01", Hash: second, Tsize: 1 },
  ]);
  const reads = [first, second].map((late) => {
    const other = Promise.withResolvers<void>();
    const volume = createUnixfsVolume(root, async (cid) => {
      if (cid.equals(late)) await other.promise;
      else if (!cid.equals(root)) setImmediate(other.resolve);
      return blocks.get(cid.toString()) ?? new Uint8Array();
    });
    return volume.read("same", 0, 3);
  });
  for (const read of await Promise.allSettled(reads)) {
    expect(read).toMatchObject({ status: "rejected", reason: { code: "storage/not-readable" } });
  }
});

test("a leaf that is said to be larger than any block is refused before room is made for it", async () => {
  const leaf = CID.createV1(raw.code, await sha256.digest(new Uint8Array(10)));
  const unixfs = new UnixFS({ type: "file", blockSizes: [2n ** 40n] });
  const bytes = dagPb.encode(
    dagPb.prepare({ Data: unixfs.marshal(), Links: [{ Name: "", Hash: leaf, Tsize: 10 }] }),
  );
  const cid = CID.createV1(dagPb.code, await sha256.digest(bytes));
  const fetched: string[] = [];
  const volume = createUnixfsVolume(cid, async (wanted) => {
    fetched.push(wanted.toString());
    return bytes;
  });
  await expect(volume.read("", 2 ** 39, 1000)).rejects.toMatchObject({ code: "storage/not-readable" });
  expect(fetched).toEqual([cid.toString()]);
});
