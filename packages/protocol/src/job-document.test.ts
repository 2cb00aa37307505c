import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isCodedError, type CodedError } from "./coded-error.ts";
import { MAX_UNKNOWN_KEYS } from "./canonical-keys.ts";
import { type JobDefaults, type ParsedJob, parseJobDocument } from "./job-document.ts";
import { MAX_VALUE_DEPTH } from "./plain-value.ts";

const CID = "bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354";
const INPUT = { Source: { Type: "ipfs", Params: { CID } }, Target: "/main.wasm" };
const JOB_OR_FIELD_ERROR = {
  code: "protocol/invalid-document",
  field: expect.stringMatching(/./) as unknown,
};
const WASM = { Type: "wasm", Params: { EntryModule: "/main.wasm" } };

describe("parseJobDocument()", () => {
  test("fills in every default", () => {
    const { spec, warnings } = parse();
    expect(warnings).toEqual([]);
    expect(spec).toEqual({
      name: "",
      namespace: "default",
      type: "batch",
      priority: 0,
      count: 1,
      constraints: [],
      deal: { concurrency: 1, minBids: 1 },
      verifier: { type: "deterministic", params: {} },
      task: {
        name: "main",
        engine: {
          type: "wasm",
          params: { entryModule: "/main.wasm", entrypoint: "_start", parameters: [], importModules: [] },
          environment: {},
          epochMs: 946_684_800_000,
          seed: "00".repeat(32),
        },
        inputs: [{ source: { type: "ipfs", params: { cid: CID } }, alias: "", target: "/main.wasm" }],
        resultPaths: [],
        environment: {},
        resources: {},
        network: { type: "none", domains: [] },
        publisher: { type: "ipfs", params: {} },
        timeouts: {},
      },
    });
  });

  test("takes keys in any letter case, but the keys of free maps as they are", () => {
    const lower = {
      NAME: "n",
      labels: { MixedCase: "x" },
      tasks: [
        {
          name: "main",
          ENGINE: { type: "WASM", params: { entrymodule: "/main.wasm", PARAMETERS: ["a"], stdin: "in" } },
          inputsources: [{ source: { TYPE: "IPFS", params: { cid: CID } }, target: "/main.wasm" }],
          RESULTPATHS: [{ name: "outputs", PATH: "/out/" }],
          env: { MixedCase: "y" },
          resources: { cpu: "500m", MEMORY: "512Mb" },
        },
      ],
      deal: { CONCURRENCY: 2 },
    };
    const { spec, document, warnings } = parseJobDocument(lower);
    expect(warnings).toEqual([]);
    expect(document.Labels).toEqual({ MixedCase: "x" });
    expect(document.Tasks[0]?.InputSources?.[0]?.Source.Type).toBe("IPFS");
    expect(spec.task.engine.params).toMatchObject({ parameters: ["a"], stdin: "in" });
    expect(spec.task.environment).toEqual({ MixedCase: "y" });
    expect(spec.task.resultPaths).toEqual([{ name: "outputs", path: "/out" }]);
    expect(spec.task.resources).toEqual({ cpuMillis: 500, memoryBytes: 512 * 1024 ** 2 });
    expect(spec.deal.concurrency).toBe(2);
  });

  test("gives a document back that it takes again, with the same meaning", () => {
    const { document, spec } = parse({ Name: "again" }, { Env: { A: "1" } });
    expect(parseJobDocument(JSON.parse(JSON.stringify(document)))).toEqual({ document, spec, warnings: [] });
  });

  test("warns of the keys that it doesn't know, and leaves them out", () => {
    const { document, warnings } = parse({ Credential: "secret" }, { Foo: 1 });
    expect(warnings.toSorted()).toEqual([
      "Credential is not a field of a job document; it was ignored",
      "Tasks[0].Foo is not a field of a job document; it was ignored",
    ]);
    expect(parse({}, wasm({ Entrypointt: "main" })).warnings).toEqual([
      "Tasks[0].Engine.Params.Entrypointt is not a field of a job document; it was ignored",
    ]);
    expect(document).not.toHaveProperty("Credential");
  });

  test("warns of so many unknown keys and no more", () => {
    const unknown = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`x${index}`, 1]));
    expect(parse(unknown).warnings).toHaveLength(MAX_UNKNOWN_KEYS);
    const [warning = ""] = parse({ ["y".repeat(100_000)]: 1 }).warnings;
    expect(warning.length).toBeLessThan(300);
  });

  test("takes keys named like parts of every object for what they are", () => {
    const nasty = '{"__proto__": {"Name": "x"}, "constructor": 1, "toString": 2, "hasOwnProperty": 3}';
    const { document, warnings } = parse(JSON.parse(nasty) as Record<string, unknown>);
    expect(warnings).toHaveLength(4);
    expect(document.Name).toBeUndefined();
    expect(Object.getPrototypeOf(document)).toBe(Object.prototype);
    const labels = { Labels: JSON.parse('{"constructor": "a"}') as unknown };
    expect(parse(labels).document.Labels).toEqual({ constructor: "a" });
  });

  test.each([
    ["Deal", { Deal: { Concurrency: 2 } }, { deal: { concurrency: 2, minBids: 2 } }],
    ["Count", { Count: 7, Priority: -3 }, { count: 7, priority: -3 }],
    ["Namespace", { Namespace: "", Type: "" }, { namespace: "default", type: "batch" }],
    ["nulls", { Deal: null, Verifier: null, Meta: null, Labels: null }, { deal: { concurrency: 1 } }],
    ["Verifier", { Verifier: { Type: "None" } }, { verifier: { type: "none", params: {} } }],
  ])("reads %s", (_, job, expected) => {
    expect(parse(job).spec).toMatchObject(expected);
  });
});

describe("a job document that is wrong is refused by the name of its field:", () => {
  const cases: readonly (readonly [field: string, job: object, task: object, state?: string])[] = [
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
    ["Tasks[0].Engine.Params.EntryModule", {}, wasm({ EntryModule: "main.wasm" }), "not a path"],
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
    [
      "Tasks[0].InputSources[0].Source.Params.SourcePath",
      {},
      input({ Type: "local", Params: { SourcePath: "a" } }),
    ],
    ["Tasks[0].InputSources[0].Source.Type", {}, input({ Type: "floppy" }), 'unknown source "floppy"'],
    ["Tasks[0].InputSources[0].Target", {}, { InputSources: [{ ...INPUT, Target: "in" }] }],
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
    ["Count", { Count: 0 }, {}],
    ["Count", { Count: 1.5 }, {}],
    ["Labels.a", { Labels: { a: 1 } }, {}],
    ["Constraints[0].Operator", { Constraints: [{ Key: "a", Operator: "~" }] }, {}],
    ['Meta["gadus/min-bids"]', { Meta: { "gadus/min-bids": "few" } }, {}, "not a whole number"],
    ['Meta["gadus/verifier"]', { Meta: { "gadus/verifier": "" } }, {}],
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

describe("Deal", () => {
  const wrong: readonly (readonly [string, object])[] = [
    ["Deal.Concurrency", { Concurrency: 0 }],
    ["Deal.Concurrency", { Concurrency: -1 }],
    ["Deal.Concurrency", { Concurrency: 101 }],
    ["Deal.Concurrency", { Concurrency: 1.5 }],
    ["Deal.Concurrency", { Concurrency: "3" }],
    ["Deal.MinBids", { Concurrency: 3, MinBids: 2 }],
    ["Deal.MinBids", { MinBids: 1001 }],
    ["Deal.MinBids", { MinBids: 0 }],
    ["Deal.Confidence", { Concurrency: 3, Confidence: 4 }],
    ["Deal.Confidence", { Confidence: 2 }],
    ["Deal.Confidence", { Concurrency: 3, Confidence: 0 }],
  ];
  test.each(wrong)("is refused by the name of %s in %o", (field, deal) => {
    const error = errorOf(() => parse({ Deal: deal }));
    expect(error.field).toBe(field);
    expect(error.message).toContain(`Cannot take ${field}`);
  });

  test.each([
    [
      { Concurrency: 5, Confidence: 3 },
      { concurrency: 5, minBids: 5, confidence: 3 },
    ],
    [
      { Concurrency: 3, MinBids: 9, Confidence: 3 },
      { concurrency: 3, minBids: 9, confidence: 3 },
    ],
    [{ MinBids: 4 }, { concurrency: 1, minBids: 4 }],
    [{}, { concurrency: 1, minBids: 1 }],
  ])("%o becomes %o", (wish, deal) => {
    expect(parse({ Deal: wish }).spec.deal).toEqual(deal);
  });

  const meta = { "gadus/concurrency": "3", "gadus/min-bids": "6", "gadus/confidence": "2" };
  test("comes from Meta where the document has none", () => {
    expect(parse({ Meta: meta }).spec.deal).toEqual({ concurrency: 3, minBids: 6, confidence: 2 });
  });

  test("wins over Meta field by field, and both over the node's defaults", () => {
    const defaults = { concurrency: 4, minBids: 8, confidence: 4, verifier: "none", publisher: "local" };
    expect(parse({ Meta: meta, Deal: { Concurrency: 5 } }, {}, defaults).spec.deal).toEqual({
      concurrency: 5,
      minBids: 6,
      confidence: 2,
    });
    const { spec } = parse({}, {}, defaults);
    expect(spec.deal).toEqual({ concurrency: 4, minBids: 8, confidence: 4 });
    expect([spec.verifier.type, spec.task.publisher.type]).toEqual(["none", "local"]);
    const said = parse(
      { Meta: { "gadus/verifier": "None" } },
      { Publisher: { Type: "IPFS" } },
      defaults,
    ).spec;
    expect([said.verifier.type, said.task.publisher.type]).toEqual(["none", "ipfs"]);
    const both = { Meta: { "gadus/verifier": "none" }, Verifier: { Type: "deterministic" } };
    expect(parse(both, {}, defaults).spec.verifier.type).toBe("deterministic");
  });

  test("is never made illegal by a default that the submitter can't see", () => {
    const defaults = { concurrency: 5, minBids: 5, confidence: 4 };
    expect(parse({ Deal: { Concurrency: 1 } }, {}, defaults).spec.deal).toEqual({
      concurrency: 1,
      minBids: 5,
      confidence: 1,
    });
    expect(parse({ Deal: { Concurrency: 9 } }, {}, defaults).spec.deal).toEqual({
      concurrency: 9,
      minBids: 9,
      confidence: 4,
    });
  });

  test("refuses a number in Meta that is beyond all range", () => {
    const error = errorOf(() => parse({ Meta: { "gadus/concurrency": "9".repeat(400) } }));
    expect(error.field).toBe("Deal.Concurrency");
  });
});

describe("EntryModule", () => {
  test.each([
    ["a storage source", { Type: "ipfs", Params: { CID } }, "/module.wasm"],
    ["a storage source in another letter case", { type: "IPFS", params: { cid: CID } }, "/module.wasm"],
    ["an input source", { Source: { Type: "ipfs", Params: { CID } }, Target: "/app.wasm" }, "/app.wasm"],
    ["an input source without a target", { source: { type: "ipfs", params: { cid: CID } } }, "/module.wasm"],
  ])("may be %s, as older clients write it", (_, EntryModule, target) => {
    const { task } = parse({}, { InputSources: [], ...wasm({ EntryModule }) }).spec;
    expect(task.engine.params).toMatchObject({ entryModule: target });
    expect(task.inputs).toEqual([{ source: { type: "ipfs", params: { cid: CID } }, alias: "", target }]);
  });

  test("may be a file within a folder that an input source puts there", () => {
    const InputSources = [{ ...INPUT, Target: "/app/" }];
    const { task } = parse({}, { InputSources, ...wasm({ EntryModule: "/app/bin/main.wasm" }) }).spec;
    expect(task.engine.params).toMatchObject({ entryModule: "/app/bin/main.wasm" });
  });

  test("brings its environment as a list or a map, which wins over the task's", () => {
    const Env = { A: "task", B: "task" };
    for (const EnvironmentVariables of [["A=engine=1"], { A: "engine=1" }]) {
      const { task } = parse({}, { Env, ...wasm({ EnvironmentVariables }) }).spec;
      expect(task.environment).toEqual({ A: "engine=1", B: "task" });
    }
  });

  test("takes the job's epoch and seed beside it", () => {
    const Params = { Epoch: "2020-01-01T01:00:00+01:00", Seed: "AB".repeat(32) };
    const { engine } = parse({}, wasm(Params)).spec.task;
    expect(engine).toMatchObject({ epochMs: 1_577_836_800_000, seed: "ab".repeat(32) });
    expect(parse({}, wasm({ Epoch: 5 })).spec.task.engine.epochMs).toBe(5);
  });
});

describe("the noop engine", () => {
  test("says what it is told", () => {
    const { engine } = parse({}, { Engine: { Type: "noop", Params: { stdout: "hi", ExitCode: 3 } } }).spec
      .task;
    expect(engine).toMatchObject({ type: "noop", params: { stdout: "hi", exitCode: 3, durationMs: 0 } });
  });

  test("refuses an exit code that no process has", () => {
    const engine = { Engine: { Type: "noop", Params: { ExitCode: 256 } } };
    expect(errorOf(() => parse({}, engine)).field).toBe("Tasks[0].Engine.Params.exitCode");
  });
});

describe("parseJobDocument(), given anything at all,", () => {
  const scrap = fc.oneof(
    fc.anything({ withBigInt: true, withDate: true, withMap: true, withTypedArray: true }),
    fc.jsonValue(),
  );
  const field = fc.constantFrom(
    "Tasks",
    "tasks",
    "Deal",
    "Meta",
    "Verifier",
    "Count",
    "Labels",
    "Constraints",
    "__proto__",
    "State",
  );
  const taskField = fc.constantFrom(
    "Engine",
    "InputSources",
    "ResultPaths",
    "Env",
    "Resources",
    "Network",
    "Timeouts",
    "Publisher",
    "Name",
  );

  test("answers with a job or an error that names a field, never another exception", () => {
    fc.assert(
      fc.property(fc.oneof(scrap, fc.dictionary(field, scrap)), (value) => {
        expect(outcomeOf(() => parseJobDocument(value))).toMatchObject(JOB_OR_FIELD_ERROR);
      }),
      { numRuns: 400 },
    );
  });

  test("answers so too where most of the document is right", () => {
    const near = fc.record({
      job: fc.dictionary(field, scrap, { maxKeys: 1 }),
      task: fc.dictionary(taskField, scrap, { maxKeys: 2 }),
    });
    fc.assert(
      fc.property(near, ({ job, task }) => {
        expect(outcomeOf(() => parse(job, task))).toMatchObject(JOB_OR_FIELD_ERROR);
      }),
      { numRuns: 600 },
    );
  });

  test("answers so too for any parameters of an engine or a source", () => {
    const key = fc.constantFrom(
      "EntryModule",
      "Parameters",
      "EnvironmentVariables",
      "Epoch",
      "Seed",
      "Stdin",
      "CID",
      "URL",
    );
    fc.assert(
      fc.property(fc.dictionary(key, scrap), fc.constantFrom("wasm", "noop"), (Params, Type) => {
        const Source = { Type: "inline", Params };
        expect(outcomeOf(() => parse({}, { Engine: { Type, Params } }))).toMatchObject(JOB_OR_FIELD_ERROR);
        expect(
          outcomeOf(() => parse({}, { InputSources: [{ Source, Target: "/main.wasm" }] })),
        ).toMatchObject(JOB_OR_FIELD_ERROR);
      }),
      { numRuns: 300 },
    );
  });
});

function parse(job: object = {}, task: object = {}, defaults: JobDefaults = {}): ParsedJob {
  const Tasks = [{ Engine: WASM, InputSources: [INPUT], ...task }];
  return parseJobDocument({ Tasks, ...job }, defaults);
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

function outcomeOf(action: () => ParsedJob): unknown {
  try {
    return { code: "protocol/invalid-document", field: action().spec.task.name };
  } catch (error) {
    return error;
  }
}
