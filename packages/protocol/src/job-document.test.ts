import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MAX_UNKNOWN_KEYS } from "./canonical-keys.ts";
import { type ParsedJob, parseJobDocument } from "./job-document.ts";

const CID = "bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354";
const INPUT = { Source: { Type: "ipfs", Params: { CID } }, Target: "/main.wasm" };
const WASM = { Type: "wasm", Params: { EntryModule: "/main.wasm" } };
const JOB_OR_FIELD_ERROR = {
  code: "protocol/invalid-document",
  field: expect.stringMatching(/./) as unknown,
};

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
      deal: { concurrency: 1, minBids: 1, selection: "reputation" },
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

  test("takes where things are put as meant from the root, without a slash before it", () => {
    const source = { Type: "inline", Params: { URL: "data:,x" } };
    const { spec } = parseJobDocument({
      Tasks: [
        {
          Engine: { Type: "wasm", Params: { EntryModule: "main.wasm", ImportModules: ["./lib/a.wasm"] } },
          InputSources: [
            { Source: source, Target: "main.wasm" },
            { Source: source, Target: "lib/a.wasm" },
          ],
          ResultPaths: [{ Name: "outputs", Path: "outputs" }],
        },
      ],
    });
    expect(spec.task.inputs.map(({ target }) => target)).toEqual(["/main.wasm", "/lib/a.wasm"]);
    expect(spec.task.engine.params).toMatchObject({
      entryModule: "/main.wasm",
      importModules: ["/lib/a.wasm"],
    });
    expect(spec.task.resultPaths).toEqual([{ name: "outputs", path: "/outputs" }]);
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
    ["Deal", { Deal: { Concurrency: 2 } }, { deal: { concurrency: 2, minBids: 2, selection: "reputation" } }],
    ["Count", { Count: 7, Priority: -3 }, { count: 7, priority: -3 }],
    ["Namespace", { Namespace: "", Type: "" }, { namespace: "default", type: "batch" }],
    ["nulls", { Deal: null, Verifier: null, Meta: null, Labels: null }, { deal: { concurrency: 1 } }],
    ["Verifier", { Verifier: { Type: "None" } }, { verifier: { type: "none", params: {} } }],
  ])("reads %s", (_, job, expected) => {
    expect(parse(job).spec).toMatchObject(expected);
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
      "ChecksumSHA256",
    );
    const source = fc.constantFrom("inline", "urlDownload", "ipfs");
    fc.assert(
      fc.property(
        fc.dictionary(key, scrap),
        fc.constantFrom("wasm", "noop"),
        source,
        (Params, Type, kind) => {
          const Source = { Type: kind, Params };
          expect(outcomeOf(() => parse({}, { Engine: { Type, Params } }))).toMatchObject(JOB_OR_FIELD_ERROR);
          expect(
            outcomeOf(() => parse({}, { InputSources: [{ Source, Target: "/main.wasm" }] })),
          ).toMatchObject(JOB_OR_FIELD_ERROR);
        },
      ),
      { numRuns: 300 },
    );
  });
});

function parse(job: object = {}, task: object = {}): ParsedJob {
  const Tasks = [{ Engine: WASM, InputSources: [INPUT], ...task }];
  return parseJobDocument({ Tasks, ...job });
}

function wasm(params: object): object {
  return { Engine: { Type: "wasm", Params: { EntryModule: "/main.wasm", ...params } } };
}

function outcomeOf(action: () => ParsedJob): unknown {
  try {
    return { code: "protocol/invalid-document", field: action().spec.task.name };
  } catch (error) {
    return error;
  }
}
