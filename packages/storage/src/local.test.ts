import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { describeStorageSource, patternBytes } from "./conformance.ts";
import { createLocalSource } from "./local.ts";
import { toArray } from "./to-array.ts";

const local = (path: string) => ({ type: "local", params: { path } });

/** `allowed/folder`, `allowed/file` and `secret/key` in a temporary folder. */
async function layOut(): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), "gadus-local-"));
  await mkdir(join(root, "allowed/folder/b"), { recursive: true });
  await mkdir(join(root, "secret"));
  await writeFile(join(root, "allowed/folder/a.txt"), "alpha");
  await writeFile(join(root, "allowed/folder/b/deep.txt"), "deep");
  await writeFile(join(root, "allowed/folder/b/empty"), "");
  await writeFile(join(root, "allowed/file"), patternBytes(70_000));
  await writeFile(join(root, "secret/key"), "secret");
  return root;
}

async function setUp() {
  const root = await layOut();
  onTestFinished(() => rm(root, { recursive: true }));
  return { root, source: createLocalSource({ allowedFolders: [join(root, "allowed")] }) };
}

describeStorageSource("local", { folders: true, seesMissing: true }, async () => {
  const root = await layOut();
  return {
    source: createLocalSource({ allowedFolders: [join(root, "allowed")] }),
    folder: local(join(root, "allowed/folder")),
    file: local(join(root, "allowed/file")),
    fileBytes: 70_000,
    missing: local(join(root, "allowed/nothing")),
    close: () => rm(root, { recursive: true }),
  };
});

test("open() refuses what is outside the allowed folders, there or not, in the same words", async () => {
  const { root, source } = await setUp();
  const state = /in none of the folders that jobs may read here$/;
  for (const path of ["secret/key", "secret/nothing", "allowed/../secret/key", "allowedX", ""]) {
    const opened = source.open(local(`${root}/${path}`));
    await expect(opened).rejects.toMatchObject({ code: "storage/not-allowed" });
    expect(await source.check(local(`${root}/${path}`))).toMatchObject({
      available: false,
      reason: expect.stringMatching(state) as unknown,
    });
  }
});

test("nothing is allowed by default", async () => {
  const { root } = await setUp();
  const source = createLocalSource({ allowedFolders: [] });
  await expect(source.open(local(join(root, "allowed/file")))).rejects.toMatchObject({
    code: "storage/not-allowed",
  });
});

test("open() resolves a link only to what is allowed", async () => {
  const { root, source } = await setUp();
  await symlink(join(root, "secret"), join(root, "allowed/way-out"));
  await symlink("folder", join(root, "allowed/way-in"));
  await expect(source.open(local(join(root, "allowed/way-out/key")))).rejects.toMatchObject({
    code: "storage/not-allowed",
  });
  const volume = await source.open(local(join(root, "allowed/way-in")));
  expect(await volume.stat("a.txt")).toMatchObject({ sizeBytes: 5 });
});

test("an allowed folder may itself be reached through a link", async () => {
  const { root } = await setUp();
  await symlink(join(root, "allowed"), join(root, "alias"));
  const source = createLocalSource({ allowedFolders: [join(root, "alias")] });
  const volume = await source.open(local(join(root, "alias/folder")));
  expect(await volume.stat("a.txt")).toMatchObject({ sizeBytes: 5 });
});

test("a volume neither shows nor follows the links in it", async () => {
  const { root, source } = await setUp();
  await symlink(join(root, "secret"), join(root, "allowed/folder/linked"));
  await symlink(join(root, "secret/key"), join(root, "allowed/folder/key"));
  const volume = await source.open(local(join(root, "allowed/folder")));
  expect((await toArray(volume.list(""))).map(({ path }) => path)).toEqual(["a.txt", "b"]);
  expect(await volume.stat("linked/key")).toBeUndefined();
  for (const path of ["key", "linked/key"]) {
    await expect(volume.read(path, 0, 10)).rejects.toMatchObject({ code: "storage/not-found" });
  }
});

test("a folder that becomes a link after it was opened isn't followed", async () => {
  const { root, source } = await setUp();
  await writeFile(join(root, "secret/deep.txt"), "secret");
  const volume = await source.open(local(join(root, "allowed/folder")));
  expect(await volume.stat("b/deep.txt")).toMatchObject({ sizeBytes: 4 });
  await rename(join(root, "allowed/folder/b"), join(root, "allowed/folder/c"));
  await symlink(join(root, "secret"), join(root, "allowed/folder/b"));
  await expect(volume.read("b/deep.txt", 0, 10)).rejects.toMatchObject({ code: "storage/not-found" });
});

test("the opened folder itself isn't followed once it was replaced by a link", async () => {
  const { root, source } = await setUp();
  await writeFile(join(root, "secret/a.txt"), "secret");
  const volume = await source.open(local(join(root, "allowed/folder")));
  await rename(join(root, "allowed/folder"), join(root, "allowed/moved"));
  await symlink(join(root, "secret"), join(root, "allowed/folder"));
  await expect(volume.read("a.txt", 0, 10)).rejects.toMatchObject({ code: "storage/not-found" });
});

test("check() names the parameter that is wrong", async () => {
  const { source } = await setUp();
  for (const params of [{}, { path: "relative" }, { path: 7 }]) {
    const found = await source.check({ type: "local", params });
    expect(found).toMatchObject({ available: false, reason: expect.stringContaining('"path"') as unknown });
  }
});
