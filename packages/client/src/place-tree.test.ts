import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { placeTree } from "./place-tree.ts";

let folder: string;
let tree: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "gadus-place-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  tree = join(folder, "tree");
  await mkdir(join(tree, "below"), { recursive: true });
  await writeFile(join(tree, "below", "file"), "content");
});

test("placeTree() keeps the folder that is there, in which someone may work", async () => {
  const target = join(folder, "target");
  await mkdir(target);
  const { ino } = await stat(target);
  await placeTree(tree, target);
  expect((await stat(target)).ino).toBe(ino);
  expect(await readFile(join(target, "below", "file"), "utf8")).toBe("content");
});

test("placeTree() makes the folder where it isn't there", async () => {
  await placeTree(tree, join(folder, "target"));
  expect(await readFile(join(folder, "target", "below", "file"), "utf8")).toBe("content");
});

test("placeTree() leaves alone what came into the folder meanwhile", async () => {
  const target = join(folder, "target");
  await mkdir(join(target, "below"), { recursive: true });
  await writeFile(join(target, "below", "file"), "own");
  await expect(placeTree(tree, target)).rejects.toMatchObject({ code: "client/not-allowed" });
  expect(await readFile(join(target, "below", "file"), "utf8")).toBe("own");
});

test("placeTree() copies onto another disk", async (context) => {
  const other = await mkdtemp("/dev/shm/gadus-place-").catch(() => undefined);
  if (other === undefined) return context.skip();
  onTestFinished(() => rm(other, { recursive: true }));
  if ((await stat(other)).dev === (await stat(folder)).dev) return context.skip();
  await placeTree(tree, other);
  expect(await readdir(other)).toEqual(["below"]);
  expect(await readFile(join(other, "below", "file"), "utf8")).toBe("content");
});
