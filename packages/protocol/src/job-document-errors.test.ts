import { describe, expect, test } from "vitest";
import { type CodedError, isCodedError } from "./coded-error.ts";
import { type ParsedJob, parseJobDocument } from "./job-document.ts";
import { MAX_VALUE_DEPTH } from "./plain-value.ts";

const CID = "bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354";
const INPUT = { Source: { Type: "ipfs", Params: { CID } }, Target: "/main.wasm" };
const WASM = { Type: "wasm", Params: { EntryModule: "/main.wasm" } };

describe("a job document that is wrong is refused by the name of its field:", () => {
  type Row = readonly [field: string, job: object, task: object, state?: string];
  const cases: readonly Row[] = [
    ["Type", { Type: "daemon" }, {}],
    ["Tasks", { Tasks: [] }, {}],
    ["Tasks", { Tasks: undefined }, {}, "missing"],
    ["Tasks", { Tasks: [{}, {}] }, {}],
    ["Tasks[0].Engine", {}, { Engine: undefined }, "missing"],
    ["Tasks[0].Engine.Type", {}, { Engine: { Type: "cobol" } }, 'unknown engine "cobol"'],
    ["Tasks[0].Engine.Type", {}, { Engine: { Type: "" } }],
    ["Tasks[0].Engine.Params.EntryModule", {}, { Engine: { Type: "wasm" } }, "missing"],
    ["Tasks[0].Engine.Params.EntryModule", {}, wasm({ EntryModule: null }), "missing"],
    ["Tasks[0].Engine.Params.EntryModule", {}, wasm({ EntryModule: 7 })],
    ["Tasks[0].Engine.Params.EntryModule", {}, wasm({ EntryModule: "../main.wasm" }), "not a path"],
    ["Tasks[0].Engine.Params.EntryModule", {}, wasm({ EntryModule: "/a/../main.wasm" }), "not a path"],
    ["Tasks[0].Engine.Params.EntryModule", {}, wasm({ EntryModule: "/other.wasm" }), "no input source"],
    ["Tasks[0].Engine.Params.EntryModule", {}, wasm({ EntryModule: "/main.wasm2" }), "no input source"],
    ["Tasks[0].Engine.Params.ImportModules[0]", {}, wasm({ ImportModules: ["/lib.wasm"] }), "no input"],
    ["Tasks[0].Engine.Params.Parameters", {}, wasm({ Parameters: "a b" })],
    ["Tasks[0].Engine.Params.Seed", {}, wasm({ Seed: "abc" }), "64 hex digits"],
    ["Tasks[0].Engine.Params.Epoch", {}, wasm({ Epoch: "1969-12-31T23:59:59Z" }), "out of range"],
    ["Tasks[0].Engine.Params.Epoch", {}, wasm({ Epoch: 1e15 }), "out of range"],
    ["Tasks[0].Engine.Params.EnvironmentVariables[1]", {}, wasm({ EnvironmentVariables: ["A=1", "B"] })],
    ["Tasks[0].Engine.Params.EnvironmentVariables", {}, wasm({ EnvironmentVariables: ["__proto__=1"] })],
    ["Tasks[0].Env", {}, { Env: { "A=B": "1" } }],
    ["Tasks[0].Env", {}, { Env: { ["x".repeat(257)]: "1" } }],
    ["Tasks[0].Env.A", {}, { Env: { A: "a\u0000b" } }, "zero byte"],
    ["Tasks[0].Env.A", {}, { Env: { A: "x".repeat(65_537) } }],
    ["Tasks[0].Env.A", {}, { Env: { A: "\ud800" } }, "not well-formed Unicode"],
    ["Tasks[0].InputSources[0].Source.Params.CID", {}, input({ Type: "ipfs" }), "missing"],
    [
      "Tasks[0].InputSources[0].Source.Params.CID",
      {},
      input({ Type: "ipfs", Params: { CID: "" } }),
      "missing",
    ],
    [
      "Tasks[0].InputSources[0].Source.Params.CID",
      {},
      input({ Type: "ipfs", Params: { CID: "Qm" } }),
      "not a CID",
    ],
    [
      "Tasks[0].InputSources[0].Source.Params.URL",
      {},
      input({ Type: "inline", Params: { URL: "x" } }),
      "data:",
    ],
    ...[
      "x",
      "ftp://example.org/data",
      "file:///etc/passwd",
      "https://user@example.org/",
      "https://:secret@example.org/",
      `https://example.org/${"x".repeat(2048)}`,
    ].map(
      (URL): Row => [
        "Tasks[0].InputSources[0].Source.Params.URL",
        {},
        input({ Type: "urlDownload", Params: { URL } }),
        "not a URL that can be fetched",
      ],
    ),
    ...["abc", 7, "g".repeat(64)].map(
      (ChecksumSHA256): Row => [
        "Tasks[0].InputSources[0].Source.Params.ChecksumSHA256",
        {},
        input({ Type: "urlDownload", Params: { URL: "https://example.org/", ChecksumSHA256 } }),
      ],
    ),
    [
      "Tasks[0].InputSources[0].Source.Params.SourcePath",
      {},
      input({ Type: "local", Params: { SourcePath: "a" } }),
    ],
    ["Tasks[0].InputSources[0].Source.Type", {}, input({ Type: "floppy" }), 'unknown source "floppy"'],
    ["Tasks[0].InputSources[0].Target", {}, { InputSources: [{ ...INPUT, Target: "in/.." }] }],
    ["Tasks[0].InputSources", {}, { InputSources: [INPUT, INPUT] }, "twice"],
    ["Tasks[0].InputSources", {}, { InputSources: Array(65).fill(INPUT) }],
    ["Tasks[0].ResultPaths[0].Path", {}, outputs({ Name: "a", Path: "../../etc" }), "not a path inside"],
    ["Tasks[0].ResultPaths[0].Path", {}, outputs({ Name: "a", Path: "/a/../../etc" }), "not a path inside"],
    ["Tasks[0].ResultPaths[0].Path", {}, outputs({ Name: "a", Path: "/" }), "not a path inside"],
    ["Tasks[0].ResultPaths[0].Path", {}, outputs({ Name: "a", Path: "/a\nb" }), "not a path inside"],
    ["Tasks[0].ResultPaths[0].Name", {}, outputs({ Name: "", Path: "/a" })],
    ["Tasks[0].ResultPaths[0].Name", {}, outputs({ Name: "a/b", Path: "/a" })],
    ["Tasks[0].ResultPaths[0].Name", {}, outputs({ Name: "..", Path: "/a" })],
    ["Tasks[0].ResultPaths[0].Name", {}, outputs({ Name: "stdout", Path: "/a" })],
    ["Tasks[0].ResultPaths[0].Name", {}, outputs({ Name: "a\u001b", Path: "/a" })],
    ["Tasks[0].ResultPaths[0].Name", {}, outputs({ Name: "é".repeat(128), Path: "/a" })],
    ["Tasks[0].ResultPaths[0].Name", {}, outputs({ Name: "a\\", Path: "/a" })],
    ["Tasks[0].ResultPaths", {}, outputs({ Name: "a", Path: "/a" }, { Name: "a", Path: "/b" }), 'name "a"'],
    ["Tasks[0].ResultPaths", {}, outputs({ Name: "a", Path: "/a" }, { Name: "b", Path: "/a/" }), 'path "/a"'],
    ["Tasks[0].Resources.CPU", {}, { Resources: { CPU: "many" } }, "not an amount of CPU"],
    ["Tasks[0].Resources.Memory", {}, { Resources: { Memory: "5 loaves" } }, "not a size"],
    ["Tasks[0].Resources.Disk", {}, { Resources: { Disk: -1 } }, "not a size"],
    ["Tasks[0].Resources.GPU", {}, { Resources: { GPU: "one" } }],
    ["Tasks[0].Network.Type", {}, { Network: { Type: "Telepathy" } }, "unknown network"],
    ["Tasks[0].Network.Domains[0]", {}, { Network: { Type: "HTTP", Domains: [""] } }],
    ["Tasks[0].Timeouts.ExecutionTimeout", {}, { Timeouts: { ExecutionTimeout: -1 } }],
    ["Tasks[0].Timeouts.ExecutionTimeout", {}, { Timeouts: { ExecutionTimeout: 1e12 } }],
    ["Tasks[0].Publisher.Params.Key", {}, { Publisher: { Type: "s3", Params: { Key: {} } } }],
    [
      "Tasks[0].Publisher.Params.Key",
      {},
      { Publisher: { Type: "s3", Params: { Key: Number.NaN } } },
      "finite",
    ],
    [
      "Tasks[0]",
      {},
      {
        Env: Object.fromEntries(
          ["A", "B", "C", "D", "E", "F", "G", "H", "I"].map((name) => [name, "x".repeat(65_000)]),
        ),
      },
      "bytes of parameters",
    ],
    ["Count", { Count: -1 }, {}],
    ["Count", { Count: 1.5 }, {}],
    ["Labels.a", { Labels: { a: 1 } }, {}],
    ["Constraints[0].Operator", { Constraints: [{ Key: "a", Operator: "~" }] }, {}],
    ['Meta["gadus/min-bids"]', { Meta: { "gadus/min-bids": "few" } }, {}, "not a whole number"],
    ['Meta["gadus/verifier"]', { Meta: { "gadus/verifier": "" } }, {}],
    ['Meta["gadus/selection"]', { Meta: { "gadus/selection": "" } }, {}, "no strategy"],
    ["Verifier.Type", { Verifier: { Type: "" } }, {}],
    ["Name", { Name: "a", NAME: "b" }, {}, "there twice"],
    ["Tasks[0].Engine.Params.Stdin", {}, wasm({ Stdin: "a", stdin: "b" }), "there twice"],
    [
      "Tasks[0].Engine.Params.EntryModule.Source",
      {},
      wasm({ EntryModule: { Source: { Type: "tape" } } }),
      "unknown source",
    ],
  ];

  const named = cases.map(([field, job, task, state = ""]) => ({ field, job, task, state }));
  test.each(named)("$field, in $job $task", ({ field, job, task, state }) => {
    const error = errorOf(() => parse(job, task));
    expect(error).toMatchObject({ code: "protocol/invalid-document", blame: "job" });
    expect(error.field?.startsWith(field)).toBe(true);
    expect(error.message).toContain(`Cannot take ${field}`);
    expect(error.message).toContain(state);
    expect(error.hint).toMatch(/\.$/);
  });

  test.each([null, 7, "text", [], undefined, true])("a document that is %o", (value) => {
    expect(errorOf(() => parseJobDocument(value))).toMatchObject({ field: "Job" });
  });

  test("one that is nested too deep, or that holds itself", () => {
    let deep: unknown = 1;
    for (let depth = 0; depth < 100_000; depth += 1) deep = [deep];
    expect(errorOf(() => parse({ State: deep })).message).toContain(`more than ${MAX_VALUE_DEPTH} levels`);
    const round: Record<string, unknown> = {};
    round["again"] = round;
    expect(errorOf(() => parse({ State: round })).message).toContain("levels deep");
  });

  test("one that is too large to be worth a look", () => {
    const wide = Array.from({ length: 200_001 }, () => 0);
    expect(errorOf(() => parse({ State: wide })).message).toContain("more than 200000 values");
  });

  test("one with a long path of slashes, in no time", () => {
    const slashes = `${"/".repeat(4000)}x`;
    expect(errorOf(() => parse({}, outputs({ Name: "a", Path: slashes }))).field).toContain("Path");
    const source = { Type: "local", Params: { SourcePath: `${"/".repeat(2_000_000)}x` } };
    expect(errorOf(() => parse({}, input(source))).field).toContain("SourcePath");
  });

  test("and its error quotes no more than a line of it", () => {
    const long = "x".repeat(1_000_000);
    for (const wrong of [input({ Type: "ipfs", Params: { CID: long } }), { Env: { [`${long}=`]: "" } }]) {
      const error = errorOf(() => parse({}, wrong));
      expect(error.message.length + String(error.field).length).toBeLessThan(1000);
    }
  });
});

function parse(job: object = {}, task: object = {}): ParsedJob {
  const Tasks = [{ Engine: WASM, InputSources: [INPUT], ...task }];
  return parseJobDocument({ Tasks, ...job });
}

function wasm(params: object): object {
  return { Engine: { Type: "wasm", Params: { EntryModule: "/main.wasm", ...params } } };
}

function input(source: object): object {
  return { InputSources: [{ Source: source, Target: "/main.wasm" }] };
}

function outputs(...paths: readonly object[]): object {
  return { ResultPaths: paths };
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
