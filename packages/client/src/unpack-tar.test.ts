import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { packTar } from "modern-tar";
import { expect, onTestFinished, test } from "vitest";
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
