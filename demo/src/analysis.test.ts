import { mkdir, mkdtemp, open, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { WASI } from "node:wasi";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { analyseFlights, type Flight } from "./analysis.ts";
import { readFlights, readModule } from "./flights.ts";

interface Run {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly table: string | undefined;
}

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "flight-delays-"));
  await Promise.all(["inputs", "outputs"].map((name) => mkdir(join(root, name))));
});
afterEach(() => rm(root, { recursive: true }));

/** Runs the compiled module over `input`. */
async function runModule(input: string | Uint8Array, ...more: readonly string[]): Promise<Run> {
  await writeFile(join(root, "inputs/flights.json"), input);
  const [stdout, stderr] = await Promise.all(["stdout", "stderr"].map((name) => open(join(root, name), "w")));
  const wasi = new WASI({
    version: "preview1",
    args: ["", "/inputs/flights.json", "/outputs/delays.csv", ...more],
    preopens: { "/": root },
    stdout: stdout!.fd,
    stderr: stderr!.fd,
    returnOnExit: true,
  });
  const { instance } = await WebAssembly.instantiate(await readModule(), wasi.getImportObject());
  const exitCode = wasi.start(instance);
  await Promise.all([stdout!.close(), stderr!.close()]);
  const read = (path: string): Promise<string> => readFile(join(root, path), "utf8");
  return {
    exitCode,
    stdout: await read("stdout"),
    stderr: await read("stderr"),
    table: await read("outputs/delays.csv").catch(() => undefined),
  };
}

describe("the module and analyseFlights()", () => {
  test("agree byte for byte on the whole data set", async () => {
    const flights = await readFlights();
    const expected = analyseFlights(JSON.parse(flights.toString("utf8")) as Flight[]);
    expect(await runModule(flights)).toEqual({
      exitCode: 0,
      stdout: expected.summary,
      stderr: "",
      table: expected.table,
    });
    expect(expected.table.split("\n")[1]).toBe("DFW,555,10.2,133,24.0,DFW-IAH,13,47.2");
  });

  test.each([
    ["no flights", []],
    [
      "a mean that rounds to zero from below",
      flightsOf("A", "B", [-1, ...Array.from({ length: 30 }, () => 0)]),
    ],
    ["halves, away from zero", [...flightsOf("A", "B", [-1, 0, 0, 0]), ...flightsOf("B", "A", [1, 0, 0, 0])]],
    ["airports with as many flights", [...flightsOf("B", "A", [1]), ...flightsOf("A", "B", [1])]],
    [
      "routes with the same mean",
      [...flightsOf("A", "C", [9, 9, 9, 9, 9]), ...flightsOf("A", "B", [9, 9, 9, 9, 9])],
    ],
    [
      "routes too rare to be the worst",
      [...flightsOf("A", "C", [99, 99, 99, 99]), ...flightsOf("A", "B", [1, 2, 3, 4, 5])],
    ],
    ["flights of exactly 15 minutes", flightsOf("A", "B", [15, 16])],
  ])("agree on %s", async (_name, flights) => {
    const expected = analyseFlights(flights);
    const run = await runModule(JSON.stringify(flights, null, 2));
    expect(run).toEqual({ exitCode: 0, stdout: expected.summary, stderr: "", table: expected.table });
  });

  test("agree on another limit for being late", async () => {
    const flights = flightsOf("A", "B", [5, 6, -7]);
    const expected = analyseFlights(flights, 5);
    expect(await runModule(JSON.stringify(flights), "5")).toMatchObject({
      stdout: expected.summary,
      table: expected.table,
    });
  });
});

describe("the module", () => {
  test.each([
    ["[{", 'want """ at byte 2, but the file ends'],
    ['[{"origin":"A"}]', "it lacks its origin, destination or delay"],
    ['[{"delay":1.5}]', 'want a whole number at byte 11, but "." is there'],
    ['[{"delay":9999999999999999}]', "want a smaller number at byte 26"],
    ['[{"origin":"\\u0041"}]', 'want a plain string at byte 12, but "\\" is there'],
    ['[{"more":{}}]', 'want a string or a number at byte 9, but "{" is there'],
    ["[] []", 'want the end of the file at byte 3, but "[" is there'],
  ])("refuses %s, and says where it is wrong", async (input, message) => {
    const run = await runModule(input);
    expect(run).toMatchObject({ exitCode: 1, stdout: "", table: undefined });
    expect(run.stderr).toContain(message);
  });

  test("says how it is used where an argument is wrong", async () => {
    expect(await runModule("[]", "soon")).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/^usage: /),
    });
  });
});

function flightsOf(origin: string, destination: string, delays: readonly number[]): readonly Flight[] {
  return delays.map((delay) => ({ origin, destination, delay }));
}
