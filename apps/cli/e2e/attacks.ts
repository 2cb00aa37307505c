import { readFileSync } from "node:fs";
import wabt from "wabt";
import { wasmJob } from "./jobs.ts";

/** A job that would do harm, and whose result tells that it did none. */
export interface RunningAttack {
  readonly document: Record<string, unknown>;
  readonly exitCode: number;
  /** What its standard output is like. */
  readonly stdout: RegExp;
}

/** A job that would do harm, and fails. */
export interface FailingAttack {
  readonly document: Record<string, unknown>;
  /** With which every execution fails, and blames the job. */
  readonly code: string;
}

interface Wish {
  readonly module: string | Uint8Array;
  readonly parameters?: readonly string[];
  readonly fuel?: number;
  readonly executionTimeoutS?: number;
  readonly outputOverflow?: "fail";
  readonly entrypoint?: string;
}

const escapes = new URL("../../../packages/executor/testdata/escape/", import.meta.url);
const PREAMBLE: readonly number[] = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
const wasi = `"wasi_snapshot_preview1"`;
const checked = /^(.*\n)?\d+ checks, 0 failures\n$/;
const INPUT = `data:text/plain;base64,${Buffer.from("input\n").toString("base64")}`;

type Wat = (text: string) => Uint8Array;

/** What runs to an end of its own, by name; `targets` are paths of this machine that no guest may see. */
export async function runningAttacks(
  targets: readonly string[],
): Promise<Readonly<Record<string, RunningAttack>>> {
  const wat = await watCompiler();
  const escape = (name: string, parameters: readonly string[] = targets): RunningAttack => ({
    document: escapeJob(name, parameters),
    exitCode: 0,
    stdout: checked,
  });
  const text = (module: string, exitCode: number): RunningAttack => ({
    document: jobOf({ module: wat(module), fuel: 50_000_000 }),
    exitCode,
    stdout: /^/,
  });
  return {
    "links that lead out": escape("symlinks"),
    "renames while in use": escape("renames"),
    "names of hosts": escape("names"),
    "devices and descriptors": escape("devices"),
    "addresses that lie": escape("pointers", ["one", "two"]),
    "sizes beyond everything": escape("fill", ["w", "1000"]),
    "results that are links": escape("results", ["many links", ...targets]),
    "a result path that is a link": escape("results", ["out of here", ...targets]),
    "more links than may be": escape("fill", ["s", "70000"]),
    "more open files than may be": escape("fill", ["o", "2000"]),
    "a loop": text(start("(loop $again (br $again))"), 152),
    "a loop of yields": text(
      start(
        "(loop $again (drop (call $yield)) (br $again))",
        `(import ${wasi} "sched_yield" (func $yield (result i32)))`,
      ),
      152,
    ),
    recursion: text(start("(call $f)"), 134),
    "memory without end": text(
      start("(loop $again (drop (memory.grow (i32.const 1))) (br $again))", "(memory 1)"),
      152,
    ),
    "all of its memory, again and again": text(
      start(
        "(loop $again (memory.fill (i32.const 0) (i32.const 1) (i32.const 16000000)) (br $again))",
        "(memory 245)",
      ),
      152,
    ),
    "more output than is kept": text(PRINTING, 0),
  };
}

/** What fails before it runs or while it does, by name. */
export async function failingAttacks(): Promise<Readonly<Record<string, FailingAttack>>> {
  const wat = await watCompiler();
  const invalid = "executor/invalid-module";
  const overLimit = "executor/limit-exceeded";
  const text = (module: string, code: string, wish: Partial<Wish> = {}): FailingAttack => ({
    document: jobOf({ module: wat(module), ...wish }),
    code,
  });
  return {
    "memory that is too much to begin with": text(start("", "(memory 4096)"), overLimit),
    "results too deep to be kept": { document: escapeJob("fill", ["e", "300"]), code: overLimit },
    "more output than is kept, which is to fail": text(PRINTING, overLimit, { outputOverflow: "fail" }),
    "time without end": { document: endlessJob(wat, 1), code: "compute/timed-out" },
    "another's meter": text(start("", `(import "gadus" "gadus.fuel" (global (mut i64)))`), invalid),
    "functions of nobody": text(start("", `(import "env" "system" (func))`), invalid),
    "no such entry point": text(start(""), invalid, { entrypoint: "constructor" }),
    "branches under many locals": { document: jobOf({ module: heavyFunction() }), code: invalid },
    "bytes that are no module": {
      document: jobOf({ module: Uint8Array.of(...PREAMBLE, 99) }),
      code: invalid,
    },
  };
}

/** A job that runs until its time is over. */
export async function endlessAttack(executionTimeoutS: number): Promise<Record<string, unknown>> {
  return endlessJob(await watCompiler(), executionTimeoutS);
}

function endlessJob(wat: Wat, executionTimeoutS: number): Record<string, unknown> {
  const module = wat(start("(loop $again (br $again))"));
  return jobOf({ module, fuel: 90_000_000_000_000, executionTimeoutS });
}

function escapeJob(name: string, parameters: readonly string[]): Record<string, unknown> {
  const module = readFileSync(new URL(`${name}.wasm`, escapes));
  return jobOf({ module, parameters, fuel: 10_000_000_000 });
}

/** A module whose entry point does `code`. */
function start(code: string, before = ""): string {
  return `(module ${before} (func $f (export "_start") ${code}))`;
}

const PRINTING = `(module
  (import ${wasi} "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 33)
  (func (export "_start")
    (i32.store (i32.const 4) (i32.const 2000000))
    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
    (drop (call $write (i32.const 2) (i32.const 0) (i32.const 1) (i32.const 8)))))`;

function jobOf(wish: Wish): Record<string, unknown> {
  const { module, parameters = [], fuel = 1_000_000, executionTimeoutS = 60 } = wish;
  const document = wasmJob(module, {}, { ResultPaths: [{ Name: "outputs", Path: "/out" }] });
  const [task] = document["Tasks"] as Record<string, unknown>[];
  const sources = task?.["InputSources"] as unknown[];
  return {
    ...document,
    Tasks: [
      {
        ...task,
        Engine: {
          Type: "wasm",
          Params: {
            EntryModule: "/module.wasm",
            Parameters: parameters,
            Fuel: fuel,
            ...(wish.entrypoint !== undefined && { Entrypoint: wish.entrypoint }),
            ...(wish.outputOverflow !== undefined && { OutputOverflow: wish.outputOverflow }),
          },
        },
        InputSources: [...sources, { Source: { Type: "inline", Params: { URL: INPUT } }, Target: "/in/a" }],
        Resources: { CPU: "100m", Memory: "16Mb", Disk: "16Mb" },
        Timeouts: { ExecutionTimeout: executionTimeoutS, TotalTimeout: 120 },
      },
    ],
  };
}

async function watCompiler(): Promise<Wat> {
  const compiler = await wabt();
  return (text) => {
    const module = compiler.parseWat("attack.wat", text);
    try {
      return module.toBinary({}).buffer;
    } finally {
      module.destroy();
    }
  };
}

/** A function of 49,000 locals and 4,000 branches: 20 kB that take an engine several gigabytes to compile. */
function heavyFunction(): Uint8Array {
  const branches = Array.from({ length: 4000 }, () => [0x20, 0, 0x04, 0x40, 0x0b]).flat();
  const body = [1, ...leb(49_000), 0x7f, ...branches, 0x0b];
  const code = [1, ...leb(body.length), ...body];
  const section = (number: number, content: readonly number[]) => [
    number,
    ...leb(content.length),
    ...content,
  ];
  return Uint8Array.from([
    ...PREAMBLE,
    ...section(1, [1, 0x60, 0, 0]),
    ...section(3, [1, 0]),
    ...section(7, [1, 6, ...Buffer.from("_start"), 0, 0]),
    ...section(10, code),
  ]);
}

function leb(value: number): readonly number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...leb(value >>> 7)];
}
