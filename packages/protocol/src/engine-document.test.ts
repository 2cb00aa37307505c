import { describe, expect, test } from "vitest";
import { type CodedError, isCodedError } from "./coded-error.ts";
import { type ParsedJob, parseJobDocument } from "./job-document.ts";

const CID = "bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354";
const INPUT = { Source: { Type: "ipfs", Params: { CID } }, Target: "/main.wasm" };
const WASM = { Type: "wasm", Params: { EntryModule: "/main.wasm" } };

describe("EntryModule", () => {
  test.each([
    ["a storage source", { Type: "ipfs", Params: { CID } }, "/module.wasm"],
    ["a storage source in another letter case", { type: "IPFS", params: { cid: CID } }, "/module.wasm"],
    ["an input source", { Source: { Type: "ipfs", Params: { CID } }, Target: "/app.wasm" }, "/app.wasm"],
    ["an input source without a target", { source: { type: "ipfs", params: { cid: CID } } }, "/module.wasm"],
  ])("may be %s, as older clients write it", (_, EntryModule, target) => {
    const { task } = parse({ InputSources: [], ...wasm({ EntryModule }) }).spec;
    expect(task.engine.params).toMatchObject({ entryModule: target });
    expect(task.inputs).toEqual([{ source: { type: "ipfs", params: { cid: CID } }, alias: "", target }]);
  });

  test("may be a file within a folder that an input source puts there", () => {
    const InputSources = [{ ...INPUT, Target: "/app/" }];
    const { task } = parse({ InputSources, ...wasm({ EntryModule: "/app/bin/main.wasm" }) }).spec;
    expect(task.engine.params).toMatchObject({ entryModule: "/app/bin/main.wasm" });
  });

  test("brings its environment as a list or a map, which wins over the task's", () => {
    const Env = { A: "task", B: "task" };
    for (const EnvironmentVariables of [["A=engine=1"], { A: "engine=1" }]) {
      const { task } = parse({ Env, ...wasm({ EnvironmentVariables }) }).spec;
      expect(task.environment).toEqual({ A: "engine=1", B: "task" });
    }
  });

  test("takes the job's epoch and seed beside it", () => {
    const Params = { Epoch: "2020-01-01T01:00:00+01:00", Seed: "AB".repeat(32) };
    const { engine } = parse(wasm(Params)).spec.task;
    expect(engine).toMatchObject({ epochMs: 1_577_836_800_000, seed: "ab".repeat(32) });
    expect(parse(wasm({ Epoch: 5 })).spec.task.engine.epochMs).toBe(5);
  });
});

describe("Fuel", () => {
  test("is the job's own, or left to the requester where it is 0 or absent", () => {
    expect(parse(wasm({ Fuel: 5_000_000_000 })).spec.task.engine.params).toMatchObject({
      fuel: 5_000_000_000,
    });
    for (const params of [{}, { Fuel: 0 }, { Fuel: null }]) {
      expect(parse(wasm(params)).spec.task.engine.params).not.toHaveProperty("fuel");
    }
  });

  test("is a positive whole number", () => {
    expect(errorOf(() => parse(wasm({ Fuel: -1 }))).field).toBe("Tasks[0].Engine.Params.fuel");
    expect(errorOf(() => parse(wasm({ Fuel: 1.5 }))).field).toBe("Tasks[0].Engine.Params.Fuel");
  });
});

describe("the noop engine", () => {
  test("says what it is told", () => {
    const { engine } = parse({ Engine: { Type: "noop", Params: { stdout: "hi", ExitCode: 3 } } }).spec.task;
    expect(engine).toMatchObject({ type: "noop", params: { stdout: "hi", exitCode: 3, durationMs: 0 } });
  });

  test("refuses an exit code that no process has", () => {
    const engine = { Engine: { Type: "noop", Params: { ExitCode: 256 } } };
    expect(errorOf(() => parse(engine)).field).toBe("Tasks[0].Engine.Params.exitCode");
  });
});

function parse(task: object): ParsedJob {
  const Tasks = [{ Engine: WASM, InputSources: [INPUT], ...task }];
  return parseJobDocument({ Tasks });
}

function wasm(params: object): object {
  return { Engine: { Type: "wasm", Params: { EntryModule: "/main.wasm", ...params } } };
}

function errorOf(action: () => unknown): CodedError {
  try {
    action();
  } catch (error) {
    if (isCodedError(error)) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}
