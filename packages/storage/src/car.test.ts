import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BlockSink, importResults } from "@gadus/protocol";
import * as dagPb from "@ipld/dag-pb";
import { UnixFS } from "ipfs-unixfs";
import { CID } from "multiformats/cid";
import { sha256 } from "multiformats/hashes/sha2";
import { describe, expect, onTestFinished, test } from "vitest";
import { unpackCar } from "./car.ts";
import { patternBytes } from "./conformance.ts";
import type { ContentNetwork } from "./content-network.ts";
import { exportCar } from "./export-car.ts";
import { importContent } from "./import-content.ts";
import { createMemoryBlocks } from "./memory-blocks.ts";
import { memoryVolume } from "./memory.ts";
import { StorageError } from "./storage-error.ts";
import { toArray } from "./to-array.ts";

/** Blocks in memory, as a network that has them and nothing else. */
function newNetwork() {
  const blocks = createMemoryBlocks();
  const network: ContentNetwork = {
    has: (cid) => blocks.has(cid),
    async get(cid) {
      const bytes = await blocks.find(cid);
      if (bytes === undefined) throw new StorageError("storage/not-found", `Cannot fetch ${cid.toString()}`);
      return bytes;
    },
  };
  const sink: BlockSink = {
    async put(cid, bytes) {
      await blocks.keep([{ cid, bytes }]);
      return cid;
    },
  };
  return { network, sink };
}

async function newTarget(): Promise<{ parent: string; target: string }> {
  const parent = await mkdtemp(join(tmpdir(), "gadus-car-"));
  onTestFinished(() => rm(parent, { recursive: true }));
  return { parent, target: join(parent, "out") };
}

const FILES = {
  stdout: "Hello, world!\n",
  stderr: "",
  "outputs/large": patternBytes(2 * 1024 * 1024 + 3),
  "outputs/same": patternBytes(2 * 1024 * 1024 + 3),
  "outputs/Ünï çødé \\ name": "x",
};

async function carOf(files: Readonly<Record<string, string | Uint8Array>>) {
  const { network, sink } = newNetwork();
  const { cid } = await importResults(memoryVolume(files), sink);
  return { cid, chunks: await toArray(exportCar(network, cid)) };
}

async function* streamOf(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

/** A folder of links, whatever their names, to the file `content`. */
async function folderOf(sink: BlockSink, names: readonly string[]): Promise<CID> {
  const { cid } = await importContent(new TextEncoder().encode("content"), sink);
  const node = dagPb.prepare({
    Data: new UnixFS({ type: "directory" }).marshal(),
    Links: names.map((Name) => ({ Name, Tsize: 7, Hash: cid })),
  });
  const bytes = dagPb.encode(node);
  const folder = CID.createV1(dagPb.code, await sha256.digest(bytes));
  await sink.put(folder, bytes);
  return folder;
}

describe("unpackCar()", () => {
  test("unpacks what exportCar() packed, however the stream is cut", async () => {
    const { cid, chunks } = await carOf(FILES);
    const { target, parent } = await newTarget();
    const whole = Buffer.concat(chunks);
    const cut = Array.from({ length: Math.ceil(whole.length / 70_001) }, (_, at) =>
      whole.subarray(at * 70_001, (at + 1) * 70_001),
    );
    const sizeBytes = 14 + 2 * (2 * 1024 * 1024 + 3) + 1;
    expect(await unpackCar(streamOf(cut), cid, target)).toEqual({ files: 5, sizeBytes });
    for (const [path, content] of Object.entries(FILES)) {
      expect((await readFile(join(target, path))).equals(Buffer.from(content as string))).toBe(true);
    }
    expect(await readdir(parent)).toEqual(["out"]);
    // The two equal files are sent once.
    expect(whole.length).toBeLessThan(2.2 * 1024 * 1024);
  });

  test("unpacks a single file under its CID", async () => {
    const { network, sink } = newNetwork();
    const { cid } = await importContent(patternBytes(100), sink);
    const { target } = await newTarget();
    await unpackCar(exportCar(network, cid.toString()), cid.toString(), target);
    expect(await readFile(join(target, cid.toString()))).toEqual(Buffer.from(patternBytes(100)));
  });

  test("takes an empty folder as its target, and the empty tree", async () => {
    const { cid, chunks } = await carOf({});
    expect(cid).toBe("bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354");
    const { target } = await newTarget();
    await mkdir(target);
    expect(await unpackCar(streamOf(chunks), cid, target)).toEqual({ files: 0, sizeBytes: 0 });
    expect(await readdir(target)).toEqual([]);
  });

  test("refuses a target that holds something, and leaves it alone", async () => {
    const { cid, chunks } = await carOf(FILES);
    const { target, parent } = await newTarget();
    await mkdir(target);
    await writeFile(join(target, "mine"), "mine");
    const code = "storage/not-allowed";
    await expect(unpackCar(streamOf(chunks), cid, target)).rejects.toMatchObject({ code });
    await expect(unpackCar(streamOf(chunks), cid, join(target, "mine"))).rejects.toMatchObject({ code });
    expect(await readdir(target)).toEqual(["mine"]);
    expect(await readdir(parent)).toEqual(["out"]);
  });

  test("unpacks nothing else from a CAR with one bit changed, wherever that is", async () => {
    const { cid, chunks } = await carOf({ stdout: "Hello, world!\n", stderr: "", exitCode: "0" });
    const { target, parent } = await newTarget();
    const whole = Buffer.concat(chunks);
    const outcomes = new Set<string>();
    for (let at = 0; at < whole.length; at += 1) {
      const changed = Buffer.from(whole);
      changed[at] = (changed[at] ?? 0) ^ 4;
      const outcome = await unpackCar(streamOf([changed]), cid, target).then(
        () => readFile(join(target, "stdout"), "utf8"),
        (error: StorageError) => error.code,
      );
      outcomes.add(outcome);
      await rm(target, { recursive: true, force: true });
    }
    // The header says nothing that counts, nor does the codec that the sender gives a block.
    expect([...outcomes].sort((a, b) => a.localeCompare(b))).toEqual([
      "Hello, world!\n",
      "storage/invalid-block",
      "storage/not-readable",
    ]);
    expect(await readdir(parent)).toEqual([]);
  });

  test("refuses a CAR that breaks off anywhere, and leaves nothing", async () => {
    const { cid, chunks } = await carOf({ stdout: "Hello, world!\n", stderr: "", exitCode: "0" });
    const { target, parent } = await newTarget();
    const whole = Buffer.concat(chunks);
    for (let end = 0; end < whole.length; end += 1) {
      const cut = unpackCar(streamOf([whole.subarray(0, end)]), cid, target);
      await expect(cut).rejects.toMatchObject({ code: expect.stringMatching(/^storage\//) as unknown });
    }
    expect(await readdir(parent)).toEqual([]);
  });

  test("refuses blocks that are not of the tree", async () => {
    const { cid, chunks } = await carOf({ stdout: "a" });
    const other = await carOf({ stdout: "b" });
    const { target } = await newTarget();
    const both = streamOf([...chunks, ...other.chunks.slice(1)]);
    await expect(unpackCar(both, cid, target)).rejects.toMatchObject({ code: "storage/not-readable" });
    await expect(unpackCar(streamOf(other.chunks), cid, target)).rejects.toThrow(/not part of/);
  });

  test("refuses a block that says it is huge, without reading it", async () => {
    const { cid, chunks } = await carOf({ stdout: "a" });
    const { target } = await newTarget();
    let sent = 0;
    const endless = (async function* () {
      yield chunks[0] ?? new Uint8Array(0);
      yield Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0x7f, ...CID.parse(cid).bytes);
      for (; ; sent += 1) yield new Uint8Array(65_536);
    })();
    await expect(unpackCar(endless, cid, target)).rejects.toMatchObject({ code: "storage/not-readable" });
    expect(sent).toBeLessThan(100);
  });

  test.each([[".."], ["."], ["a/b"], ["../escape"], ["nul\u0000"], ["line\nbreak"], ["\u001b[2J"], [""]])(
    "refuses the name %j",
    async (name) => {
      const { network, sink } = newNetwork();
      const cid = (await folderOf(sink, [name])).toString();
      const { target, parent } = await newTarget();
      const unpacked = unpackCar(exportCar(network, cid), cid, target);
      await expect(unpacked).rejects.toMatchObject({
        code: expect.stringMatching(/^storage\/not-(allowed|readable)$/) as unknown,
      });
      expect(await readdir(parent)).toEqual([]);
    },
  );

  test("rejects with the stream's own error and with the signal's reason", async () => {
    const { cid, chunks } = await carOf(FILES);
    const { target, parent } = await newTarget();
    const broken = (async function* () {
      yield* chunks.slice(0, 2);
      throw new Error("connection reset");
    })();
    await expect(unpackCar(broken, cid, target)).rejects.toThrow("connection reset");
    const controller = new AbortController();
    const aborting = (async function* () {
      yield* chunks.slice(0, 2);
      controller.abort(new Error("no longer wanted"));
      yield* chunks.slice(2);
    })();
    const { signal } = controller;
    await expect(unpackCar(aborting, cid, target, { signal })).rejects.toThrow("no longer wanted");
    expect(await readdir(parent)).toEqual([]);
  });
});

test("exportCar() rejects before its first byte where the root can't be had", async () => {
  const { network } = newNetwork();
  const first = exportCar(network, "bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy").next();
  await expect(first).rejects.toMatchObject({ code: "storage/not-found" });
});
