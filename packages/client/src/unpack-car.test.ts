import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import type { ClientError } from "./client-error.ts";
import { parseCid } from "./read-car.ts";
import { carOf, fileTree, folderTree, joinedFile, patternBytes, treeOf } from "./test-tree.ts";
import { unpackCar } from "./unpack-car.ts";

async function newTarget(): Promise<{ parent: string; target: string }> {
  const parent = await mkdtemp(join(tmpdir(), "gadus-car-"));
  onTestFinished(() => rm(parent, { recursive: true }));
  return { parent, target: join(parent, "out") };
}

const LARGE = patternBytes(2 * 1024 * 1024 + 3);
const FILES = {
  stdout: "Hello, world!\n",
  stderr: "",
  outputs: { large: LARGE, same: LARGE, "Ünï çødé \\ name": "x" },
};
const SMALL = { stdout: "Hello, world!\n", stderr: "", exitCode: "0" };

/** The CAR of `files`, and its root. */
async function packed(files: Parameters<typeof treeOf>[0]) {
  const tree = await treeOf(files);
  return { cid: tree.cid.toString(), chunks: await carOf(tree) };
}

async function* streamOf(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

describe("unpackCar()", () => {
  test("unpacks a tree, however the stream is cut", async () => {
    const { cid, chunks } = await packed(FILES);
    const { target, parent } = await newTarget();
    const whole = Buffer.concat(chunks);
    const cut = Array.from({ length: Math.ceil(whole.length / 70_001) }, (_, at) =>
      whole.subarray(at * 70_001, (at + 1) * 70_001),
    );
    const sizeBytes = 14 + 2 * (2 * 1024 * 1024 + 3) + 1;
    expect(await unpackCar(streamOf(cut), cid, target)).toEqual({ files: 5, sizeBytes });
    expect(await readFile(join(target, "stdout"), "utf8")).toBe(FILES.stdout);
    expect(await readFile(join(target, "stderr"), "utf8")).toBe("");
    expect(await readFile(join(target, "outputs", "Ünï çødé \\ name"), "utf8")).toBe("x");
    for (const name of ["large", "same"])
      expect((await readFile(join(target, "outputs", name))).equals(LARGE)).toBe(true);
    expect(await readdir(parent)).toEqual(["out"]);
  });

  test("unpacks a single file under its CID", async () => {
    const tree = await fileTree(patternBytes(100));
    const cid = tree.cid.toString();
    const { target } = await newTarget();
    await unpackCar(streamOf(await carOf(tree)), cid, target);
    expect(await readFile(join(target, cid))).toEqual(Buffer.from(patternBytes(100)));
  });

  test("takes an empty folder as its target, and the empty tree", async () => {
    const { cid, chunks } = await packed({});
    expect(cid).toBe("bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354");
    const { target } = await newTarget();
    await mkdir(target);
    expect(await unpackCar(streamOf(chunks), cid, target)).toEqual({ files: 0, sizeBytes: 0 });
    expect(await readdir(target)).toEqual([]);
  });

  test("refuses a target that holds something, and leaves it alone", async () => {
    const { cid, chunks } = await packed(FILES);
    const { target, parent } = await newTarget();
    await mkdir(target);
    await writeFile(join(target, "mine"), "mine");
    const code = "client/not-allowed";
    await expect(unpackCar(streamOf(chunks), cid, target)).rejects.toMatchObject({ code });
    await expect(unpackCar(streamOf(chunks), cid, join(target, "mine"))).rejects.toMatchObject({ code });
    expect(await readdir(target)).toEqual(["mine"]);
    expect(await readdir(parent)).toEqual(["out"]);
  });

  test("unpacks nothing else from a CAR with one bit changed, wherever that is", async () => {
    const { cid, chunks } = await packed(SMALL);
    const { target, parent } = await newTarget();
    const whole = Buffer.concat(chunks);
    const outcomes = new Set<string>();
    for (let at = 0; at < whole.length; at += 1) {
      const changed = Buffer.from(whole);
      changed[at] = (changed[at] ?? 0) ^ 4;
      const outcome = await unpackCar(streamOf([changed]), cid, target).then(
        () => readFile(join(target, "stdout"), "utf8"),
        (error: ClientError) => error.code,
      );
      outcomes.add(outcome);
      await rm(target, { recursive: true, force: true });
    }
    // The header says nothing that counts, nor does the codec that the sender gives a block.
    expect(outcomes).toEqual(new Set(["Hello, world!\n", "client/invalid-block", "client/not-readable"]));
    expect(await readdir(parent)).toEqual([]);
  });

  test("refuses a CAR that breaks off anywhere, and leaves nothing", async () => {
    const { cid, chunks } = await packed(SMALL);
    const { target, parent } = await newTarget();
    const whole = Buffer.concat(chunks);
    for (let end = 0; end < whole.length; end += 1) {
      const cut = unpackCar(streamOf([whole.subarray(0, end)]), cid, target);
      await expect(cut).rejects.toMatchObject({ code: expect.stringMatching(/^client\//) as unknown });
    }
    expect(await readdir(parent)).toEqual([]);
  });

  test("refuses blocks that are not of the tree", async () => {
    const { cid, chunks } = await packed({ stdout: "a" });
    const other = await packed({ stdout: "b" });
    const { target } = await newTarget();
    const both = streamOf([...chunks, ...other.chunks.slice(1)]);
    await expect(unpackCar(both, cid, target)).rejects.toMatchObject({ code: "client/not-readable" });
    await expect(unpackCar(streamOf(other.chunks), cid, target)).rejects.toThrow(/not part of/);
  });

  test("refuses a block that says it is huge, without reading it", async () => {
    const { cid, chunks } = await packed({ stdout: "a" });
    const { target } = await newTarget();
    let sent = 0;
    const endless = (async function* () {
      yield chunks[0] ?? new Uint8Array(0);
      yield Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0x7f, ...parseCid(cid).bytes);
      for (; ; sent += 1) yield new Uint8Array(65_536);
    })();
    await expect(unpackCar(endless, cid, target)).rejects.toMatchObject({ code: "client/not-readable" });
    expect(sent).toBeLessThan(100);
  });

  test.each([[".."], ["."], ["a/b"], ["../escape"], ["nul\u0000"], ["line\nbreak"], ["\u001b[2J"], [""]])(
    "refuses the name %j",
    async (name) => {
      const tree = await folderTree([[name, await fileTree("content")]]);
      const { target, parent } = await newTarget();
      const unpacked = unpackCar(streamOf(await carOf(tree)), tree.cid.toString(), target);
      await expect(unpacked).rejects.toMatchObject({
        code: expect.stringMatching(/^client\/not-(allowed|readable)$/) as unknown,
      });
      expect(await readdir(parent)).toEqual([]);
    },
  );

  test("writes nothing of a file that no disk has room for, of however few blocks it is made", async () => {
    let file = await fileTree("a");
    for (let doubled = 0; doubled < 50; doubled += 1)
      file = await joinedFile([file, { ...file, blocks: [] }]);
    for (const tree of [file, await folderTree([["endless", file]])]) {
      const chunks = await carOf(tree);
      expect(chunks.reduce((sum, chunk) => sum + chunk.length, 0)).toBeLessThan(16 * 1024);
      const { target, parent } = await newTarget();
      const unpacked = unpackCar(streamOf(chunks), tree.cid.toString(), target);
      await expect(unpacked).rejects.toMatchObject({ code: "client/disk-full" });
      expect(await readdir(parent)).toEqual([]);
    }
  });

  test("rejects with the stream's own error and with the signal's reason", async () => {
    const { cid, chunks } = await packed(FILES);
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
