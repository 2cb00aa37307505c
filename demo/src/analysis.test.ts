import type { RunRequest } from "@gadus/executor";
import { wasmExecutor } from "@gadus/executor/wasm";
import { parseJobDocument, type Task } from "@gadus/protocol";
import { createMemoryScratch, memoryVolume } from "@gadus/storage/memory";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { analyseFlights, type Flight } from "./analysis.ts";
import { flightDelaysJob, TABLE_PATH } from "./flight-delays-job.ts";
import { readFlights, readModule } from "./flights.ts";

const ANY_CID = "bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy";

interface Run {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly table: string | undefined;
}

const executor = wasmExecutor();
const scratch = createMemoryScratch();
let runs = 0;

beforeAll(() => executor.start());
afterAll(() => executor.stop());

/** Runs the compiled module over `input` on the engine that nodes run it on, as the job says, with `more` arguments. */
async function runModule(input: string | Uint8Array, ...more: readonly string[]): Promise<Run> {
  const executionId = `e-${runs++}`;
  const results = await scratch.create(executionId);
  const task = taskOf(more);
  const contents = [await readModule(), input];
  const inputs = task.details.mounts.map(({ target }, index): RunRequest["inputs"][number] => ({
    target,
    volume: memoryVolume({ "": contents[index] ?? "" }),
    cid: undefined,
  }));
  const { exitCode } = await executor.run({ executionId, task, inputs, results });
  const read = async (path: string): Promise<string | undefined> => {
    const entry = await results.stat(path);
    return entry && Buffer.from(await results.read(path, 0, entry.sizeBytes)).toString("utf8");
  };
  return {
    exitCode,
    stdout: (await read("stdout")) ?? "",
    stderr: (await read("stderr")) ?? "",
    table: await read(TABLE_PATH),
  };
}

function taskOf(more: readonly string[]): Task {
  const { task } = parseJobDocument(flightDelaysJob(ANY_CID, ANY_CID)).spec;
  const { parameters } = task.engine.params as { readonly parameters: readonly string[] };
  const bytes = 128 * 1024 ** 2;
  return {
    terms: {
      jobId: "j",
      jobType: "batch",
      partition: 0,
      partitionCount: 1,
      engine: task.engine.type,
      profile: executor.profiles[0] ?? "",
      inputs: task.inputs.map(({ source }) => ({ source })),
      resources: { cpuMillis: 100, memoryBytes: bytes, diskBytes: bytes, gpus: 0, ...task.resources },
      network: { type: "none", domains: [] },
      verifier: "deterministic",
      publisher: "ipfs",
      executionTimeoutMs: 60_000,
      priority: 0,
    },
    details: {
      name: task.name,
      engineParams: { ...task.engine.params, parameters: [...parameters, ...more] },
      mounts: task.inputs.map(({ target, alias }) => ({ target, alias })),
      resultPaths: [...task.resultPaths],
      environment: {},
      publisherParams: {},
      epochMs: task.engine.epochMs,
      seed: new Uint8Array(32),
    },
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
