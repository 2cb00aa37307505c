import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openDataFolder } from "./data-folder.ts";
import { systemRandomness } from "./system-randomness.ts";

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "gadus-folder-"));
});
afterEach(() => rm(root, { recursive: true }));

test("nextSequence() grows over restarts, and even where the clock goes back", async () => {
  const seen: number[] = [];
  for (const nowMs of [1000, 5000, 10]) {
    const folder = await openDataFolder(join(root, "data"));
    for (let count = 0; count < 1500; count += 1) seen.push(await folder.nextSequence(nowMs));
    folder.close();
  }
  expect(seen).toEqual([...new Set(seen)].sort((a, b) => a - b));
  expect(seen[0]).toBeGreaterThan(1000);
});

test("boxKeys() gives the same keys after a restart", async () => {
  const keys: string[] = [];
  for (let time = 0; time < 2; time += 1) {
    const folder = await openDataFolder(join(root, "data"));
    const { publicKey } = await folder.boxKeys(systemRandomness);
    keys.push(Buffer.from(publicKey).toString("hex"));
    folder.close();
  }
  expect(keys[0]).toMatch(/^[0-9a-f]{64}$/);
  expect(keys[1]).toBe(keys[0]);
});

test("boxKeys() makes whole keys where a first attempt broke off", async () => {
  const folder = await openDataFolder(join(root, "data"));
  await writeFile(join(root, "data", "box.key.new"), "half a k");
  const { publicKey } = await folder.boxKeys(systemRandomness);
  expect((await folder.boxKeys(systemRandomness)).publicKey).toEqual(publicKey);
  expect((await readdir(join(root, "data"))).filter((name) => name.startsWith("box"))).toEqual(["box.key"]);
  folder.close();
});

test("openDataFolder() names a path that can't be a folder", async () => {
  await writeFile(join(root, "file"), "");
  await expect(openDataFolder(join(root, "file"))).rejects.toMatchObject({
    code: "node/data-folder-unusable",
    field: "dataFolder",
  });
});

test("secret() gives the same random bytes after a restart, and others by another name", async () => {
  const seen: string[] = [];
  for (const name of ["results", "results", "other"]) {
    const folder = await openDataFolder(join(root, "data"));
    seen.push(Buffer.from(await folder.secret(name, systemRandomness)).toString("hex"));
    folder.close();
  }
  expect(seen[0]).toMatch(/^[0-9a-f]{64}$/);
  expect(seen[1]).toBe(seen[0]);
  expect(seen[2]).not.toBe(seen[0]);
});
