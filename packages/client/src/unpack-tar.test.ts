import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { packTar } from "modern-tar";
import { describe, expect, onTestFinished, test } from "vitest";
import { unpackTar } from "./unpack-tar.ts";

test("unpackTar() ends at its limit what unpacks to more, however small it is packed", async () => {
  const folder = await mkdtemp(join(tmpdir(), "gadus-tar-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const size = 32 * 1024 * 1024;
  const archive = await packTar([
    { header: { name: "zeros", size, type: "file" }, body: new Uint8Array(size) },
  ]);
  const packed = gzipSync(archive);
  expect(packed.length).toBeLessThan(64 * 1024);
  const unpacked = unpackTar(ReadableStream.from([packed]), folder, { maxBytes: 1024 * 1024 });
  await expect(unpacked).rejects.toMatchObject({ code: "client/not-allowed" });
  expect((await stat(join(folder, "zeros"))).size).toBeLessThanOrEqual(1024 * 1024);
});

describe("unpackTar() takes nothing for whole that", () => {
  const files = ["first", "second"].map((name) => ({
    header: { name, size: 2000, type: "file" as const },
    body: new Uint8Array(2000).fill(97),
  }));

  test.each<[string, (archive: Uint8Array) => Uint8Array, RegExp]>([
    ["breaks off within a file", (archive) => archive.subarray(0, 2560 + 512 + 1000), /truncated/],
    ["breaks off within a header", (archive) => archive.subarray(0, 2560 + 100), /truncated/],
    ["is another kind of file", () => new TextEncoder().encode("<html>".repeat(1000)), /Invalid tar/],
    ["has a broken header", (archive) => archive.with(2560, 98), /checksum/],
  ])("%s", async (_, change, state) => {
    const archive = change(await packTar(files));
    await expect(unpack(archive)).rejects.toMatchObject({
      code: "client/not-readable",
      message: expect.stringMatching(state) as string,
    });
  });

  test("holds a name as a file's and as a folder's", async () => {
    const inFile = { ...files[0], header: { name: "first/second", size: 2000, type: "file" as const } };
    const asFolder = { header: { name: "first/", size: 0, type: "directory" as const } };
    for (const other of [inFile, asFolder]) {
      const archive = await packTar([...files, other]);
      await expect(unpack(archive)).rejects.toMatchObject({ code: "client/not-readable" });
    }
  });

  async function unpack(archive: Uint8Array): Promise<unknown> {
    const folder = await mkdtemp(join(tmpdir(), "gadus-tar-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    return await unpackTar(ReadableStream.from([gzipSync(archive)]), folder);
  }
});
