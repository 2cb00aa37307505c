import { memoryVolume } from "@gadus/storage/memory";
import { describe, expect, test } from "vitest";
import { mounted } from "./conformance.ts";
import { rewriteModule } from "./rewrite-module.ts";
import { type BinaryModule, binaryOf, type Code, joined, leb, repeated } from "./test-binary.ts";
import { TEST_OPTIONS } from "./test-compare.ts";
import { builtModule, runToEnd, startedExecutor, type TaskWish, wasmRequest } from "./test-wasm.ts";

// Modules that are small, valid and take the engine minutes, or more memory than there is, to compile.

const executor = startedExecutor();
const probe = await builtModule("probe");
const run = async (module: BinaryModule, wish: TaskWish = {}) =>
  runToEnd(executor, await wasmRequest(binaryOf(module), wish));
const stillRuns = async (): Promise<void> => {
  const { files } = await runToEnd(executor, await wasmRequest(probe));
  expect(files["stdout"]).toBe("Hello, world!\n");
};

const EMPTY_IF = [0x20, 0, 0x04, 0x40, 0x0b];
const many = "i".repeat(1000);
const zeros = repeated(1000, [0x41, 0]);
const dropAll = repeated(1000, [0x1a]);
const oneFunction = (locals: number, ...code: readonly Code[]): BinaryModule => ({
  types: [
    ["", ""],
    ["", many],
    [many, many],
  ],
  functions: [{ locals: [[locals, "i"]], code: joined(...code) }],
});

const BOMBS: Readonly<Record<string, readonly [BinaryModule, RegExp]>> = {
  "branches under many locals": [
    oneFunction(49_000, repeated(1000, EMPTY_IF)),
    /branches with more than 16000000 locals/,
  ],
  "branches over many operands": [
    oneFunction(1, repeated(60_000, [0x20, 0]), repeated(1000, EMPTY_IF), repeated(60_000, [0x1a])),
    /branches with more than 16000000 locals and operands/,
  ],
  "a table of branches under many locals": [
    oneFunction(1000, [0x02, 0x40, 0x20, 0, 0x0e], leb(65_520), new Uint8Array(65_521), [0x0b]),
    /branches with more than 16000000 locals/,
  ],
  "a table of branches that each take a thousand values": [
    oneFunction(1, [0x02, 1], zeros, [0x20, 0, 0x0e], leb(200), new Uint8Array(201), [0x0b], dropAll),
    /pass more than 131072 values/,
  ],
  "calls that take and leave a thousand values": [
    {
      ...oneFunction(0),
      functions: [{ code: joined(zeros, repeated(70, [0x10, 1]), dropAll) }, { type: 2, code: zeros }],
    },
    /pass more than 131072 values/,
  ],
  "loops within loops": [
    oneFunction(1, repeated(2500, [0x03, 0x40]), repeated(2500, [0x0b])),
    /too many loops within loops/,
  ],
  "loop after loop": [oneFunction(1, repeated(10_001, [0x03, 0x40, 0x0b])), /more than 10000 loops/],
  "blocks within blocks": [
    oneFunction(1, repeated(100_000, [0x02, 0x40]), repeated(100_000, [0x0b])),
    /blocks stand 50000 deep/,
  ],
  "a function of a megabyte": [oneFunction(1, repeated(1024 * 1024, [0x01])), /over the limit of 1048576/],
  "a table of branches without end": [
    oneFunction(1, [0x02, 0x40, 0x20, 0, 0x0e], leb(65_521), new Uint8Array(65_522), [0x0b]),
    /65521 targets, over the limit of 65520/,
  ],
  "one local too many": [oneFunction(49_991), /more than 49990 locals/],
  "a million exports": [
    {
      functions: [{ code: [] }],
      exports: Array.from({ length: 100_001 }, (_, index) => [`${index}`, 0] as const),
    },
    /100001 exports, over the limit/,
  ],
  "ten thousand imports": [
    {
      types: [
        ["", ""],
        ["", "i"],
      ],
      imports: Array.from({ length: 10_001 }, () => {
        return { module: "wasi_snapshot_preview1", name: "sched_yield", type: 1 };
      }),
      functions: [{ code: [] }],
    },
    /10001 imports, over the limit/,
  ],
  "custom sections of three bytes": [
    { functions: [{ code: [] }], customSections: 1001 },
    /more than 1000 custom sections/,
  ],
};

describe("a module that would take the engine too long to compile is refused, and blames the job", () => {
  test.each(Object.keys(BOMBS))("%s", async (name) => {
    const [module, message] = BOMBS[name]!;
    const refused = run(module);
    await expect(refused).rejects.toMatchObject({ code: "executor/invalid-module", blame: "job" });
    await expect(refused).rejects.toThrow(message);
    await stillRuns();
  });
});

test("a function as heavy as it may be is compiled and run, and the next job too", async () => {
  for (const module of [
    oneFunction(49_000, repeated(320, EMPTY_IF)),
    oneFunction(1, repeated(1990, [0x03, 0x40]), repeated(1990, [0x0b])),
    oneFunction(1, [0x02, 1], zeros, [0x20, 0, 0x0e], leb(120), new Uint8Array(121), [0x0b], dropAll),
  ]) {
    expect((await run(module)).exitCode).toBe(0);
  }
  await stillRuns();
});

test("types of a thousand parameters each are read in the memory that they take", () => {
  const types = Array.from({ length: 20_000 }, () => [many, ""] as const);
  const bytes = binaryOf({ types: [["", ""], ...types], functions: [{ code: [] }] });
  const heapBytes = (): number => process.memoryUsage().heapUsed;
  const before = heapBytes();
  const { report } = rewriteModule(bytes, TEST_OPTIONS);
  expect(report.declarations.types.length).toBe(20_001);
  expect(heapBytes() - before).toBeLessThan(10 * bytes.length);
});

test("imports are found among as many exports as there may be", async () => {
  const names = Array.from({ length: 99_990 }, (_, index) => `f${index}`);
  const library = binaryOf({ functions: [{ code: [] }], exports: names.map((name) => [name, 0] as const) });
  const imports = names.slice(-9_999).map((name) => ({ module: "lib", name, type: 0 }));
  const main: BinaryModule = {
    imports,
    functions: [{ code: [0x10, ...leb(imports.length - 1)] }],
  };
  const inputs = [mounted("/lib.wasm", memoryVolume({ "": library }))];
  const { exitCode } = await run(main, { inputs, params: { importModules: ["/lib.wasm"] } });
  expect(exitCode).toBe(0);
});
