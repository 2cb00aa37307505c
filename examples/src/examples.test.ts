import { globSync } from "node:fs";
import { wasmExecutor } from "@gadus/executor/wasm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compileAssembly } from "./compile-assembly.ts";
import { builtC, compileC } from "./compile-c.ts";
import { ASSEMBLY_EXAMPLES, C_EXAMPLES } from "./programs.ts";
import { type ProgramWish, runProgram } from "./run-program.ts";

const executor = wasmExecutor({ limits: { workers: 1 } });
beforeAll(() => executor.start());
afterAll(() => executor.stop());

/** What an example ends with; bytes are shown as Latin-1. */
interface Shown {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly result: unknown;
}

const greeting: Shown = { exitCode: 0, stdout: "Hello, cod!\n", stderr: "", result: "" };
const writing = (result: unknown): Shown => ({ exitCode: 0, stdout: "", stderr: "", result });

const C_ENDINGS: Readonly<Record<string, Shown>> = {
  hello: greeting,
  "count-words": writing("1 a.txt\n3 b.txt\n4 in all\n"),
  mandelbrot: writing(expect.stringMatching(/^P5 60 10 255\n(?=[^]*\xff)[^]{600}$/)),
};
const ASSEMBLY_ENDINGS: Readonly<Record<string, Shown>> = {
  hello: greeting,
  "sum-column": writing("sum 24.0\nmean 8.0\n"),
};

async function run(module: Uint8Array, wish: ProgramWish): Promise<Shown> {
  const { exitCode, stdout, stderr, result } = await runProgram(executor, module, wish);
  return { exitCode, stdout, stderr, result: Buffer.from(result ?? []).toString("latin1") };
}

test("every example is run here", () => {
  const named = (pattern: string): string[] =>
    globSync(pattern, { cwd: new URL("../", import.meta.url) }).map((path) =>
      path.replace(/^.*\/|\.\w+$/g, ""),
    );
  expect(named("c/*.c").sort()).toEqual(Object.keys(C_EXAMPLES).sort());
  expect(named("c/*.wasm").sort()).toEqual(Object.keys(C_EXAMPLES).sort());
  const library = "wasi";
  expect(named("assembly/*.ts").sort()).toEqual([...Object.keys(ASSEMBLY_EXAMPLES), library].sort());
});

describe.each(Object.entries(C_EXAMPLES))("%s.c", (name, wish) => {
  test("does what it says as it is committed", async () => {
    expect(await run(builtC(name), wish)).toEqual(C_ENDINGS[name]);
  });

  test("does what it says as it is compiled here", async ({ skip }) => {
    const module = compileC(name);
    if (module === undefined) {
      const wanted = "clang, lld, wasi-libc and libclang-rt-dev-wasm32";
      process.stderr.write(`NOT TESTED: ${name}.c was not compiled: install ${wanted}\n`);
      return skip(`there is no ${wanted}`);
    }
    expect(await run(module, wish)).toEqual(C_ENDINGS[name]);
  });
});

describe.each(Object.entries(ASSEMBLY_EXAMPLES))("%s.ts", (name, wish) => {
  test("does what it says as it is compiled here", async () => {
    expect(await run(await compileAssembly(name), wish)).toEqual(ASSEMBLY_ENDINGS[name]);
  });
});
