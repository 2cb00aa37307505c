import * as dagPb from "@ipld/dag-pb";
import { UnixFS } from "ipfs-unixfs";
import { CID } from "multiformats/cid";
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
