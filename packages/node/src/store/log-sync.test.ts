import { appendFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openLogSync } from "./log-sync.ts";

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "gadus-log-"));
  path = join(folder, "log");
  await writeFile(path, "");
});
afterEach(() => rm(folder, { recursive: true }));

test("request() settles everyone, in order, and never at once", async () => {
  const log = openLogSync(path);
  const told: number[] = [];
  const all = Array.from(
    { length: 10 },
    (_, index) =>
      new Promise<void>((resolve, reject) => {
        log.request((error) => {
          told.push(index);
          if (error === undefined) resolve();
          else reject(error);
        });
      }),
  );
  expect(told).toEqual([]);
  await Promise.all(all);
  expect(told).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  log.close();
});

test("close() settles those who still wait, while a sync is under way too", async () => {
  const log = openLogSync(path);
  await appendFile(path, "more");
  const told: (Error | undefined)[] = [];
  log.request((error) => told.push(error));
  log.request((error) => told.push(error));
  log.close();
  expect(told).toEqual([undefined, undefined]);
  log.close();
});
