import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { packTar } from "modern-tar";
import { CID } from "multiformats/cid";
import { describe, expect, onTestFinished, test } from "vitest";
import { ClientError, type ClientErrorCode } from "./client-error.ts";
import { download, type DownloadPart, type DownloadSource, partialFolderOf } from "./download.ts";
import type { DagScope } from "./read-car.ts";
import { carOf, folderTree, patternBytes, type Tree, treeOf } from "./test-tree.ts";
import { decodeUnixfs, entityLinksOf, linksOf } from "./unixfs-node.ts";

const MIB = 1024 * 1024;
const LARGE = patternBytes(8 * MIB + 3);
const FILES = { stdout: "Hello, world!\n", exitCode: "0", outputs: { large: LARGE, "small.txt": "small" } };

async function newTarget(): Promise<{ parent: string; target: string }> {
  const parent = await mkdtemp(join(tmpdir(), "gadus-download-"));
  onTestFinished(() => rm(parent, { recursive: true }));
  return { parent, target: join(parent, "out") };
}

/** A source of trees and archives that counts what it sends, and ends each answer as `cut` says. */
function newSource(trees: readonly Tree[], archives: Readonly<Record<string, Uint8Array>> = {}) {
  const blocks = new Map(trees.flatMap((tree) => tree.blocks).map((block) => [block.cid.toString(), block]));
  const sent = { blocks: [] as string[], bytes: 0, requests: 0 };
  let cutAfterBytes = Number.POSITIVE_INFINITY;
  let cutWith: ClientErrorCode = "client/unreachable";
  const collect = (root: CID, scope: DagScope): Tree["blocks"] => {
    const block = blocks.get(root.toString());
    if (block === undefined) throw new ClientError("client/not-found", `no ${root.toString()}`);
    const below = { all: linksOf, entity: entityLinksOf, block: () => [] }[scope](root, block.bytes);
    return [block, ...below.flatMap((cid) => collect(cid, scope))];
  };
  const source: DownloadSource = {
    async car(cid, { scope = "all" }) {
      sent.requests += 1;
      const root = CID.parse(cid);
      const wanted = [
        ...new Map(collect(root, scope).map((block) => [block.cid.toString(), block])).values(),
      ];
      const chunks = await carOf({ cid: root, sizeBytes: 0, blocks: wanted });
      return (async function* () {
        for (const chunk of chunks) {
          if (sent.bytes >= cutAfterBytes) {
            cutAfterBytes = Number.POSITIVE_INFINITY;
            throw new ClientError(cutWith, "the line was cut");
          }
          sent.bytes += chunk.length;
          yield chunk;
        }
        sent.blocks.push(...wanted.map((block) => block.cid.toString()));
      })();
    },
    async file(url) {
      const bytes = archives[url];
      if (bytes === undefined) throw new ClientError("client/not-found", `no ${url}`);
      return { content: ReadableStream.from([bytes]), sizeBytes: bytes.length };
    },
  };
  return {
    source,
    sent,
    /** Ends what is sent after so many bytes, once. */
    cutAfter: (bytes: number, code: ClientErrorCode) => {
      cutWith = code;
      cutAfterBytes = sent.bytes + bytes;
    },
  };
}

const whole = (tree: Tree, folder = ""): DownloadPart => ({ folder, from: { cid: tree.cid.toString() } });

describe("download()", () => {
  test("fetches a tree, and leaves nothing beside it", async () => {
    const tree = await treeOf(FILES);
    const { source } = newSource([tree]);
    const { parent, target } = await newTarget();
    const seen: number[] = [];
    const downloaded = await download(source, [whole(tree)], target, {
      onProgress: ({ haveBytes, totalBytes }) => seen.push(haveBytes / totalBytes),
    });
    expect(downloaded).toMatchObject({ files: 4, sizeBytes: 8 * MIB + 3 + 20, resumedBytes: 0 });
    expect((await readFile(join(target, "outputs/large"))).equals(LARGE)).toBe(true);
    expect(await readdir(parent)).toEqual(["out"]);
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
    expect(seen.at(-1)).toBeGreaterThan(0.99);
  });

  test("goes on where it was after each break, and asks for no leaf twice", async () => {
    const tree = await treeOf(FILES);
    const { source, sent, cutAfter } = newSource([tree]);
    const { parent, target } = await newTarget();
    const codes = new Set<string>();
    let tries = 0;
    for (; !existsSync(target); tries += 1) {
      cutAfter(2.5 * MIB, "client/not-found");
      const before = sent.bytes;
      const outcome = await download(source, [whole(tree)], target).catch((error: ClientError) => error.code);
      if (typeof outcome === "string") codes.add(outcome);
      expect(sent.bytes).toBeGreaterThan(before);
    }
    expect(tries).toBeGreaterThan(2);
    expect([...codes]).toEqual(["client/not-found"]);
    expect(sent.bytes).toBeLessThan(8 * MIB + 64 * 1024);
    expect((await readFile(join(target, "outputs/large"))).equals(LARGE)).toBe(true);
    expect(await readdir(parent)).toEqual(["out"]);
  });

  test("comes back by itself where the line was cut after something came, and not where nothing did", async () => {
    const tree = await treeOf(FILES);
    const { source, sent, cutAfter } = newSource([tree]);
    const { parent, target } = await newTarget();
    cutAfter(0, "client/unreachable");
    const failed = download(source, [whole(tree)], target);
    await expect(failed).rejects.toMatchObject({ code: "client/unreachable" });
    expect(await readdir(parent)).toEqual([]);
    cutAfter(3 * MIB, "client/unreachable");
    expect(await download(source, [whole(tree)], target)).toMatchObject({ files: 4, resumedBytes: 0 });
    expect(sent.bytes).toBeLessThan(8 * MIB + 64 * 1024);
  });

  test("keeps what came where it is aborted, and says what was there when it goes on", async () => {
    const tree = await treeOf(FILES);
    const { source, sent } = newSource([tree]);
    const { target } = await newTarget();
    const stop = new AbortController();
    const aborted = download(source, [whole(tree)], target, {
      signal: stop.signal,
      onProgress: ({ haveBytes }) => haveBytes > 3 * MIB && stop.abort(new Error("no longer wanted")),
    });
    await expect(aborted).rejects.toThrow("no longer wanted");
    expect(existsSync(partialFolderOf(target))).toBe(true);
    const before = sent.bytes;
    const { resumedBytes } = await download(source, [whole(tree)], target);
    expect(resumedBytes).toBeGreaterThan(3 * MIB);
    expect(sent.bytes - before).toBeLessThan(8 * MIB + 64 * 1024 - resumedBytes);
  });

  test("fetches one path, and no block of anything else but the folders on the way", async () => {
    const tree = await treeOf(FILES);
    const { source, sent } = newSource([tree]);
    const { parent } = await newTarget();
    const [file, folder] = [join(parent, "file"), join(parent, "folder")];
    const wish = { path: "./outputs/small.txt" };
    expect(await download(source, [whole(tree)], file, wish)).toMatchObject({ files: 1, sizeBytes: 5 });
    expect(await readdir(file)).toEqual(["small.txt"]);
    expect(sent.bytes).toBeLessThan(2000);
    await download(source, [whole(tree)], folder, { path: "outputs/" });
    expect((await readdir(folder)).sort()).toEqual(["large", "small.txt"]);
  });

  test.each(["nothing", "outputs/nothing", "stdout/nothing", "..", "outputs/../stdout"])(
    "says of the path %s that nothing is there, and leaves nothing",
    async (path) => {
      const tree = await treeOf(FILES);
      const { parent, target } = await newTarget();
      const downloaded = download(newSource([tree]).source, [whole(tree)], target, { path });
      await expect(downloaded).rejects.toMatchObject({ code: "client/not-found" });
      expect(await readdir(parent)).toEqual([]);
    },
  );

  test("puts several parts into folders, shares their blocks, and with a path takes those that have it", async () => {
    const trees = await Promise.all([
      treeOf({ same: LARGE, own: "0" }),
      treeOf({ same: LARGE, own: "1", only: "here" }),
    ]);
    const parts = trees.map((tree, index) => whole(tree, `partition-${index}`));
    const { source, sent } = newSource(trees);
    const { parent, target } = await newTarget();
    await download(source, parts, target);
    expect(await readFile(join(target, "partition-1/own"), "utf8")).toBe("1");
    expect((await readFile(join(target, "partition-0/same"))).equals(LARGE)).toBe(true);
    expect(sent.bytes).toBeLessThan(8 * MIB + 64 * 1024);
    const { folders } = await download(source, parts, join(parent, "one"), { path: "only" });
    expect(folders).toEqual(["partition-1"]);
    expect(await readdir(join(parent, "one"))).toEqual(["partition-1"]);
  });

  test("merges parts: equal files become one, what differs is kept from each, nothing is overwritten", async () => {
    const trees = await Promise.all([
      treeOf({ exitCode: "0", stdout: "a", out: { "0.csv": "0", shared: "s" }, mixed: "file" }),
      treeOf({ exitCode: "0", stdout: "b", out: { "1.csv": "1", shared: "s" }, mixed: { in: "folder" } }),
    ]);
    const parts = trees.map((tree, index) => whole(tree, `partition-${index}`));
    const { target } = await newTarget();
    const { conflicts } = await download(newSource(trees).source, parts, target, { merge: true });
    expect(conflicts).toEqual(["mixed", "stdout"]);
    expect((await readdir(target, { recursive: true })).sort()).toEqual([
      "exitCode",
      "mixed.partition-0",
      "mixed.partition-1",
      "mixed.partition-1/in",
      "out",
      "out/0.csv",
      "out/1.csv",
      "out/shared",
      "stdout.partition-0",
      "stdout.partition-1",
    ]);
    expect(await readFile(join(target, "stdout.partition-1"), "utf8")).toBe("b");
  });

  test("refuses to merge where the other name is taken, too", async () => {
    const trees = await Promise.all([treeOf({ a: "0", "a.partition-1": "x" }), treeOf({ a: "1" })]);
    const parts = trees.map((tree, index) => whole(tree, `partition-${index}`));
    const { parent, target } = await newTarget();
    const merged = download(newSource(trees).source, parts, target, { merge: true });
    await expect(merged).rejects.toMatchObject({ code: "client/not-allowed" });
    expect(await readdir(parent)).toEqual([]);
  });

  test("lets no two processes write the same download, and takes over from one that died", async () => {
    const tree = await treeOf({ stdout: "a" });
    const { source } = newSource([tree]);
    const { target } = await newTarget();
    await mkdir(partialFolderOf(target));
    await writeFile(join(partialFolderOf(target), `lock-${process.ppid}`), "");
    const second = download(source, [whole(tree)], target);
    await expect(second).rejects.toMatchObject({
      code: "client/not-allowed",
      message: /process \d+ downloads/,
    });
    await rename(
      join(partialFolderOf(target), `lock-${process.ppid}`),
      join(partialFolderOf(target), "lock-999999999"),
    );
    expect(await download(source, [whole(tree)], target)).toMatchObject({ files: 1 });
  });

  test("refuses a tree that shares folders until no disk would hold it", async () => {
    let tree = await treeOf({ a: "a" });
    for (let depth = 0; depth < 40; depth += 1) {
      const block = { ...tree, blocks: tree.blocks };
      const twice = await folderTree([
        ["left", block],
        ["right", { ...block, blocks: [] }],
      ]);
      tree = twice;
    }
    expect(decodeUnixfs(tree.cid, tree.blocks[0]?.bytes ?? new Uint8Array()).kind).toBe("folder");
    const blocks = [...new Map(tree.blocks.map((block) => [block.cid.toString(), block])).values()];
    const { target } = await newTarget();
    const source: DownloadSource = {
      car: async (_, { scope }) =>
        ReadableStream.from(
          await carOf({ ...tree, blocks: scope === "block" ? blocks.slice(0, 1) : blocks }),
        ),
      file: () => Promise.reject(new Error("none")),
    };
    const stop = AbortSignal.timeout(60_000);
    const downloaded = download(source, [whole(tree)], target, { signal: stop });
    await expect(downloaded).rejects.toMatchObject({ code: "client/not-readable" });
  });
});

describe("download() of an archive by its URL", () => {
  const url = "http://files.example/results.tar.gz";
  const part: DownloadPart = { folder: "", from: { url } };
  type Entry = Parameters<typeof packTar>[0][number];
  const file = (name: string, body: string): Entry => ({
    header: { name, size: Buffer.byteLength(body), type: "file" },
    body,
  });
  const archiveOf = async (...entries: readonly Entry[]) => ({ [url]: gzipSync(await packTar(entries)) });

  test("unpacks its files and folders, and no links", async () => {
    const archive = await archiveOf(
      file("./stdout", "hello"),
      { header: { name: "out/empty/", size: 0, type: "directory" } },
      file("out/a.txt", "a"),
      { header: { name: "link", size: 0, type: "symlink", linkname: "/etc" } },
      { header: { name: "hard", size: 0, type: "link", linkname: "stdout" } },
    );
    const { parent, target } = await newTarget();
    expect(await download(newSource([], archive).source, [part], target)).toMatchObject({
      files: 2,
      sizeBytes: 6,
    });
    expect((await readdir(target, { recursive: true })).sort()).toEqual([
      "out",
      "out/a.txt",
      "out/empty",
      "stdout",
    ]);
    expect(await readdir(parent)).toEqual(["out"]);
    const one = join(parent, "one");
    await download(newSource([], archive).source, [part], one, { path: "out/a.txt" });
    expect(await readdir(one)).toEqual(["a.txt"]);
    const none = download(newSource([], archive).source, [part], join(parent, "none"), { path: "out/b" });
    await expect(none).rejects.toMatchObject({ code: "client/not-found" });
  });

  test.each([
    ["leads up", [file("../escape", "x")], "client/not-allowed"],
    ["leads up later", [file("a/../../escape", "x")], "client/not-allowed"],
    ["is absolute", [file("/etc/escape", "x")], "client/not-allowed"],
    ["has control characters", [file("a\u001b[2J", "x")], "client/not-allowed"],
    ["is there twice", [file("a", "x"), file("a", "y")], "client/not-readable"],
  ])("writes nothing where a name %s", async (_, entries, code) => {
    const { parent, target } = await newTarget();
    const archive = await archiveOf(...entries);
    await expect(download(newSource([], archive).source, [part], target)).rejects.toMatchObject({ code });
    expect(await readdir(parent)).toEqual([]);
  });

  test("writes through no link that the archive made", async () => {
    const { parent, target } = await newTarget();
    const outside = join(parent, "outside");
    await mkdir(outside);
    const archive = await archiveOf(
      { header: { name: "way", size: 0, type: "symlink", linkname: outside } },
      file("way/file", "x"),
    );
    await download(newSource([], archive).source, [part], target);
    expect(await readdir(outside)).toEqual([]);
    expect(await readFile(join(target, "way/file"), "utf8")).toBe("x");
  });

  test.each([
    ["is no archive", Buffer.from("not gzip")],
    ["breaks off", gzipSync(Buffer.alloc(4096, 1)).subarray(0, 20)],
  ])("refuses what %s", async (_, bytes) => {
    const { parent, target } = await newTarget();
    const downloaded = download(newSource([], { [url]: bytes }).source, [part], target);
    await expect(downloaded).rejects.toMatchObject({ code: "client/not-readable" });
    expect(await readdir(parent)).toEqual([]);
  });
});
