import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { describeScratchSpace } from "./conformance.ts";
import { openDiskScratch } from "./scratch-disk.ts";
import type { ScratchFolder } from "./scratch-space.ts";
import { toArray } from "./to-array.ts";

const temporary = () => mkdtemp(join(tmpdir(), "gadus-scratch-"));
const bytes = (text: string) => new TextEncoder().encode(text);

async function newFolder(): Promise<ScratchFolder & { readonly hostPath: string }> {
  const path = await temporary();
  onTestFinished(() => rm(path, { recursive: true }));
  const { hostPath, ...folder } = await (await openDiskScratch(path)).create("e-1");
  if (hostPath === undefined) throw new Error("scratch folder has no path");
  return { ...folder, hostPath };
}

describeScratchSpace("disk", async () => {
  const path = await temporary();
  const reopen = () => openDiskScratch(path);
  return { scratch: await reopen(), reopen, close: () => rm(path, { recursive: true }) };
});

test("a folder's plain id is its name on disk", async () => {
  const { hostPath } = await newFolder();
  expect(hostPath).toMatch(/\/e-1$/);
});

test("list() passes over folders that it never made", async () => {
  const path = await temporary();
  onTestFinished(() => rm(path, { recursive: true }));
  const scratch = await openDiskScratch(path);
  await scratch.create("e-1");
  for (const foreign of ["=not base32!", "Lost+Found"]) await mkdir(join(path, foreign));
  expect(await toArray(scratch.list())).toEqual(["e-1"]);
});

test("links in the folder are not shown, read, or written through", async () => {
  const folder = await newFolder();
  const outside = join(folder.hostPath, "..", "outside");
  await writeFile(outside, "untouched");
  await symlink(outside, join(folder.hostPath, "file"));
  await symlink(join(folder.hostPath, ".."), join(folder.hostPath, "up"));
  expect(await toArray(folder.list(""))).toEqual([]);
  await expect(folder.read("file", 0, 10)).rejects.toMatchObject({ code: "storage/not-found" });
  await expect(folder.read("up/outside", 0, 10)).rejects.toMatchObject({ code: "storage/not-found" });
  await expect(folder.write("up/new", bytes("x"))).rejects.toMatchObject({ code: "storage/not-allowed" });
  await folder.write("file", bytes("written"));
  expect(await readFile(outside, "utf8")).toBe("untouched");
  expect(await folder.read("file", 0, 10)).toEqual(bytes("written"));
});

test("write() leaves nothing of a file whose content breaks off", async () => {
  const folder = await newFolder();
  const broken = (async function* () {
    yield bytes("half");
    throw new Error("broke off");
  })();
  await expect(folder.write("file", broken)).rejects.toThrow("broke off");
  expect(await folder.stat("file")).toBeUndefined();
});

test("write() takes a file of many chunks", async () => {
  const folder = await newFolder();
  const chunks = (async function* () {
    for (let index = 0; index < 40; index += 1) yield new Uint8Array(10_000).fill(index);
  })();
  await folder.write("large", chunks);
  await folder.sync();
  expect(await folder.stat("large")).toMatchObject({ sizeBytes: 400_000 });
  expect(await folder.read("large", 399_999, 10)).toEqual(Uint8Array.of(39));
});

test("create() refuses an id that is too long for a folder's name", async () => {
  const path = await temporary();
  onTestFinished(() => rm(path, { recursive: true }));
  const scratch = await openDiskScratch(path);
  await expect(scratch.create("x".repeat(1000))).rejects.toMatchObject({ code: "storage/not-allowed" });
});
