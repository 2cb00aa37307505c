import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { analyseFlights } from "./analysis.ts";
import { checkResults } from "./check-results.ts";

const FLIGHTS = [{ origin: "A", destination: "B", delay: 20 }];
const { table, summary } = analyseFlights(FLIGHTS);
const RIGHT: Readonly<Record<string, string>> = {
  stdout: summary,
  stderr: "",
  exitCode: "0",
  "outputs/delays.csv": table,
};

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "check-results-"));
});
afterEach(() => rm(folder, { recursive: true }));

async function check(files: Readonly<Record<string, string>>) {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
  return checkResults(folder, FLIGHTS);
}

test("checkResults() finds nothing wrong with what the analysis in TypeScript says too", async () => {
  expect(await check(RIGHT)).toEqual({ table, summary, faults: [] });
});

test.each(Object.keys(RIGHT))("checkResults() notices another %s", async (path) => {
  const { faults } = await check({ ...RIGHT, [path]: `${RIGHT[path]}7` });
  expect(faults).toEqual([`${path} of the result differs from the analysis done in TypeScript`]);
});

test("checkResults() says what is missing", async () => {
  const { stdout = "", stderr = "", exitCode = "" } = RIGHT;
  expect((await check({ stdout, stderr, exitCode })).faults).toEqual([
    "the result has no outputs/delays.csv",
  ]);
});
