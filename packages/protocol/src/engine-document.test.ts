import { describe, expect, test } from "vitest";
import { type CodedError, isCodedError } from "./coded-error.ts";
import { type ParsedJob, parseJobDocument } from "./job-document.ts";
import type { TaskSpec } from "./task-spec.ts";

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

describe("the docker engine", () => {
  test("takes all that its document can say", () => {
    const Params = {
      image: "registry.example:5000/team/app:1.2",
      Entrypoint: ["/bin/sh", "-c"],
      Parameters: ["echo hi"],
      EnvironmentVariables: ["A=engine"],
      WorkingDirectory: "/work/",
      User: "1000:1000",
      WritableRoot: true,
    };
    const task = { Env: { A: "task", B: "task" }, Engine: { Type: "Docker", Params } };
    const { engine, environment } = parse(task).spec.task;
    expect(engine).toMatchObject({
      type: "docker",
      params: {
        image: "registry.example:5000/team/app:1.2",
        entrypoint: ["/bin/sh", "-c"],
        parameters: ["echo hi"],
        workingDirectory: "/work",
        user: "1000:1000",
      },
      writableRoot: true,
    });
    expect(environment).toEqual({ A: "engine", B: "task" });
  });

  test("leaves to the image what is absent, null or empty", () => {
    for (const nothing of [{}, { Entrypoint: [], Parameters: [], WorkingDirectory: "", User: "" }, NULLS]) {
      expect(docker({ Image: "ubuntu", ...nothing }).engine.params).toEqual({
        image: "ubuntu",
        parameters: [],
      });
    }
  });

  test("warns of an epoch and a seed, which containers don't have", () => {
    const Params = { Image: "ubuntu", Epoch: 5, Seed: "ab".repeat(32) };
    const { warnings } = parse({ Engine: { Type: "docker", Params } });
    expect(warnings.join()).toMatch(/Epoch.*Seed/s);
  });

  test("names the parameter that is wrong", () => {
    const wrong: readonly [string, object][] = [
      ["WorkingDirectory", { WorkingDirectory: "work" }],
      ["User", { User: "a:b:c" }],
      ["User", { User: ":1000" }],
      ["User", { User: "root\n" }],
      ["Parameters[1]", { Parameters: ["a", "b\0"] }],
      ["Entrypoint[0]", { Entrypoint: ["\0"] }],
    ];
    for (const [key, params] of wrong) {
      const { field } = errorOf(() => docker({ Image: "ubuntu", ...params }));
      expect(field).toBe(`Tasks[0].Engine.Params.${key}`);
    }
    expect(docker({ Image: "ubuntu", WorkingDirectory: "/" }).engine.params).toMatchObject({
      workingDirectory: "/",
    });
  });
});

const NULLS = {
  Entrypoint: null,
  Parameters: null,
  EnvironmentVariables: null,
  WorkingDirectory: null,
  User: null,
  WritableRoot: null,
};

describe("the image of a docker task", () => {
  test.each([undefined, null, "", "Ubuntu", "ubuntu:", "a b", "http://example.com/app"])(
    "is refused by name where it is %o",
    (Image) => {
      const error = errorOf(() => docker({ Image }));
      expect(error).toMatchObject({ field: "Tasks[0].Engine.Params.Image", blame: "job" });
      expect(error.hint).not.toBe("");
    },
  );

  test("may be an archive that an input puts exactly there", () => {
    const InputSources = [{ ...INPUT, Target: "/image.tar/" }];
    const { engine, inputs } = docker({ Image: "/image.tar" }, { InputSources });
    expect(engine.params).toMatchObject({ image: "/image.tar" });
    expect(inputs).toHaveLength(1);
    for (const Image of ["/other.tar", "/image.tar/within", "/image.tar/../x"]) {
      const { field } = errorOf(() => docker({ Image }, { InputSources }));
      expect(field).toBe("Tasks[0].Engine.Params.Image");
    }
  });

  test("may be a CID, which brings an input of its own", () => {
    for (const Image of [`ipfs://${CID}`, `ipfs:${CID}`]) {
      const { engine, inputs } = docker({ Image }, { InputSources: [INPUT] });
      expect(engine.params).toMatchObject({ image: "/gadus-image.tar" });
      expect(inputs).toHaveLength(2);
      expect(inputs[1]).toEqual({
        source: { type: "ipfs", params: { cid: CID } },
        alias: "",
        target: "/gadus-image.tar",
      });
    }
    const { field } = errorOf(() => docker({ Image: "ipfs://ubuntu" }));
    expect(field).toBe("Tasks[0].Engine.Params.Image");
  });

  test("counts among the task's inputs where it brings one", () => {
    const InputSources = Array.from({ length: 64 }, (_, index) => ({ ...INPUT, Target: `/in/${index}` }));
    expect(docker({ Image: "ubuntu" }, { InputSources }).inputs).toHaveLength(64);
    const { field } = errorOf(() => docker({ Image: `ipfs://${CID}` }, { InputSources }));
    expect(field).toBe("Tasks[0].InputSources");
  });
});

describe("the paths of a docker task", () => {
  const refused = (inputs: readonly string[], results: readonly string[]): string | undefined => {
    const InputSources = inputs.map((Target) => ({ ...INPUT, Target }));
    const ResultPaths = results.map((Path, index) => ({ Name: `r${index}`, Path }));
    return errorOf(() => docker({ Image: "ubuntu" }, { InputSources, ResultPaths })).field;
  };

  test("are not what a container has of its own", () => {
    for (const path of ["/", "/proc", "/proc/1", "/sys/fs", "/dev/shm"]) {
      expect(refused([path], [])).toBe("Tasks[0].InputSources[0].Target");
      expect(refused([], ["/ok", path])).toBe("Tasks[0].ResultPaths[1].Path");
    }
  });

  test("of results are not within one another, nor where an input is", () => {
    expect(refused([], ["/out", "/out/more"])).toBe("Tasks[0].ResultPaths[1].Path");
    expect(refused([], ["/out/more", "/out"])).toBe("Tasks[0].ResultPaths[0].Path");
    expect(refused(["/in"], ["/in"])).toBe("Tasks[0].ResultPaths[0].Path");
    expect(refused(["/a", "/in"], ["/in/out"])).toBe("Tasks[0].ResultPaths[0].Path");
  });

  test("may be beside each other, and an archive isn't in their way", () => {
    const InputSources = [{ ...INPUT, Target: "/out" }];
    const ResultPaths = [
      { Name: "a", Path: "/out/a" },
      { Name: "b", Path: "/output" },
    ];
    expect(docker({ Image: "/out" }, { InputSources, ResultPaths }).resultPaths).toHaveLength(2);
  });
});

describe("the domains of a task's network", () => {
  const domainsOf = (...Domains: readonly string[]): readonly string[] =>
    docker({ Image: "ubuntu" }, { Network: { Type: "HTTP", Domains } }).network.domains;

  test("are names, or what begins with a wildcard, in lower case and once each", () => {
    expect(domainsOf("Example.com", "*.example.com", ".example.com", "example.com", "localhost")).toEqual([
      "example.com",
      "*.example.com",
      ".example.com",
      "localhost",
    ]);
  });

  test.each([
    "https://example.com",
    "example.com:443",
    "example.com/path",
    "10.0.0.1",
    "::1",
    "*",
    "a.*.com",
    "*example.com",
    "..example.com",
    "-a.com",
    "bücher.example",
    "a b",
    `${"a".repeat(64)}.com`,
  ])("are refused where one is %o", (domain) => {
    expect(errorOf(() => domainsOf("example.com", domain)).field).toBe("Tasks[0].Network.Domains[1]");
  });

  test("are needed for HTTP by a container", () => {
    expect(errorOf(() => domainsOf()).field).toBe("Tasks[0].Network.Domains");
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

function docker(Params: object, task: object = {}): TaskSpec {
  return parse({ InputSources: [], Engine: { Type: "docker", Params }, ...task }).spec.task;
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
