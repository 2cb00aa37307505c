import { mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { argumentsOf, bytesOf, type ReadPlan, readDirectly, readsOf } from "./read-plan.ts";

test.each<[ReadPlan, readonly string[], number, number]>([
  [{ kind: "sequence", bytes: 4096, blockBytes: 1024 }, ["sequence", "4096", "1024"], 4096, 4],
  [{ kind: "anywhere", reads: 5, blockBytes: 100 }, ["anywhere", "5", "100"], 500, 5],
])("%j", (plan, args, bytes, reads) => {
  expect([argumentsOf(plan), bytesOf(plan), readsOf(plan)]).toEqual([args, bytes, reads]);
});

test("readDirectly() reads within a file, and fails where that ends", async () => {
  const folder = await mkdtemp(join(tmpdir(), "gadus-plan-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const path = join(folder, "file");
  await writeFile(path, "");
  await truncate(path, 100_000);
  const anywhere: ReadPlan = { kind: "anywhere", reads: 500, blockBytes: 4096 };
  expect(readDirectly(path, 100_000, anywhere)).toBeGreaterThan(0);
  const all: ReadPlan = { kind: "sequence", bytes: 100_000, blockBytes: 1000 };
  expect(readDirectly(path, 100_000, all)).toBeGreaterThan(0);
  expect(() => readDirectly(path, 100_000, { ...all, bytes: 101_000 })).toThrow(/0 bytes came/);
});
