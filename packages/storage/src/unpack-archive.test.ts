import { gzipSync } from "node:zlib";
import { packTar, type TarEntry } from "modern-tar";
import { expect, test } from "vitest";
import { unpackArchive } from "./unpack-archive.ts";

const file = (name: string, body: string | Uint8Array = name): TarEntry => ({
  header: { name, size: Buffer.byteLength(body), type: "file" },
  body,
});
const other = (name: string, type: "directory" | "symlink" | "fifo", linkname = ""): TarEntry => ({
  header: { name, size: 0, type, ...(type === "symlink" && { linkname }) },
});
const archiveOf = async (...entries: readonly TarEntry[]): Promise<Uint8Array> =>
  gzipSync(await packTar([...entries]));

test("unpackArchive() gives the files and folders, sorted, those too that are only in a path", async () => {
  const archive = await archiveOf(file("b/c/d", "deep"), other("./empty/", "directory"), file("./a", ""));
  const found = await unpackArchive(archive);
  expect(found.map(({ path, bytes }) => [path.join("/"), bytes && Buffer.from(bytes).toString()])).toEqual([
    ["a", ""],
    ["b", undefined],
    ["b/c", undefined],
    ["b/c/d", "deep"],
    ["empty", undefined],
  ]);
});

test("unpackArchive() leaves links and devices out", async () => {
  const archive = await archiveOf(other("link", "symlink", "/etc/passwd"), other("pipe", "fifo"), file("a"));
  expect((await unpackArchive(archive)).map(({ path }) => path)).toEqual([["a"]]);
});

test.each<[string, readonly TarEntry[], RegExp]>([
  ["leads up", [file("a/../../x")], /"a\/..\/..\/x", which is no path inside it/],
  ["is absolute", [file("/etc/x")], /no path inside it/],
  ["has control characters", [file("a\u0001b")], /no path inside it/],
  ["comes twice", [file("a"), file("./a")], /"a" twice/],
  ["is a file and a folder", [file("a"), file("a/b")], /"a" twice/],
  ["is a folder and a file", [file("a/b"), file("a")], /"a" twice/],
  ["is nested too deep", [file(`${"d/".repeat(70)}x`)], /deeper than 64/],
])("unpackArchive() refuses a name that %s", async (_, entries, message) => {
  await expect(unpackArchive(await archiveOf(...entries))).rejects.toThrow(message);
});

test.each<[string, Uint8Array]>([
  ["isn't gzipped", Buffer.from("no archive")],
  ["isn't a tar", gzipSync("no tar".repeat(1000))],
])("unpackArchive() refuses what %s", async (_, bytes) => {
  await expect(unpackArchive(bytes)).rejects.toMatchObject({ code: "storage/invalid-source", blame: "job" });
});

test("unpackArchive() refuses an archive that breaks off", async () => {
  const whole = await archiveOf(file("a", Buffer.alloc(100_000, 7)));
  await expect(unpackArchive(whole.subarray(0, whole.length - 20))).rejects.toThrow(/Cannot unpack/);
});

test("unpackArchive() stops at its limits", async () => {
  const big = await archiveOf(file("a", Buffer.alloc(600)), file("b", Buffer.alloc(600)));
  expect(await unpackArchive(big, { maxBytes: 1200 })).toHaveLength(2);
  await expect(unpackArchive(big, { maxBytes: 1199 })).rejects.toThrow(/more than 1199 bytes/);
  const many = await archiveOf(file("a/b/c"), file("d"));
  expect(await unpackArchive(many, { maxEntries: 4 })).toHaveLength(4);
  await expect(unpackArchive(many, { maxEntries: 3 })).rejects.toThrow(/more than 3 entries/);
  const bomb = gzipSync(Buffer.alloc(200 * 1024 * 1024));
  await expect(unpackArchive(bomb)).rejects.toThrow(/Cannot unpack the archive/);
});
